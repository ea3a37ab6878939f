package io.trilith.server;

import io.trilith.ingest.pipeline.Conditions;
import io.trilith.ingest.pipeline.LogCondition;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;
import java.util.function.Supplier;

/** Conditions of the pipeline in LogQL: its parser, its stages. Thread-safe. */
public final class LogqlConditions implements Conditions {
  private final QueryParser parser;

  /** Of queries nested up to this deep. */
  public LogqlConditions(int depthMax) {
    parser = new QueryParser(depthMax);
  }

  @Override
  public LogCondition logs(String query) {
    Expr.Logs logs = parser.parseLogs(query);
    // What is wrong with a stage is said now.
    Pipeline _ = Pipeline.compile(logs.stages());
    return new Condition(logs.matchers(), logs.stages());
  }

  @Override
  public LogCondition selector(String query) {
    return new Condition(parser.parseSelector(query), List.of());
  }

  private record Condition(List<Matcher> matchers, List<Stage> stages) implements LogCondition {
    @Override
    public boolean matches(Labels stream) {
      return matchers.stream().allMatch(matcher -> matcher.matches(stream));
    }

    @Override
    public Trial trial() {
      Pipeline pipeline = Pipeline.compile(stages);
      Entry entry = new Entry();
      return (stream, time, line, from, to, metadata) -> {
        entry.reset(stream, new OneEntry(time, line, from, to, metadata));
        return pipeline.process(entry);
      };
    }
  }

  /** The entry that is asked about. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record OneEntry(
      long timestamp, byte[] lineArray, int lineStart, int lineEnd, Supplier<Labels> supplied)
      implements EntryCursor {
    @Override
    public boolean next() {
      return false;
    }

    @Override
    public Labels metadata() {
      return supplied.get();
    }
  }
}
