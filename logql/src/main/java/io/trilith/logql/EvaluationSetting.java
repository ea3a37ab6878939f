package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.logstore.StreamReader;

/** What an evaluation reads from, who helps with it, and where it tells what it read. */
record EvaluationSetting(
    StreamReader reader, QueryWorkers workers, QueryContext context, ReadCounts counts) {}
