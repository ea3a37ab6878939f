package io.trilith.cli.bucket;

import io.trilith.logstore.LogBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.block.SeriesCursor;
import java.util.List;
import java.util.Map;

/** Where imported data goes. What a call took is durable when it returns. */
interface ImportTarget {
  /** Series in ascending order of labels. Returns how many samples were taken. */
  long metrics(SeriesCursor series, Map<String, MetricMetadata> metadata);

  /** Entries in any order. */
  void logs(LogBatch batch);

  /** Requests of OTLP/JSON. */
  void traces(List<byte[]> requests);

  /** For the last line of a report: "3 blocks, 1.2 MiB". */
  String summary();
}
