package io.trilith.cli.bucket;

import io.trilith.logstore.LogBatch;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.SeriesCursor;
import java.util.List;
import java.util.Map;

/** Takes everything and keeps nothing: decodes what it is given, so that damage shows. */
final class CountingTarget implements ImportTarget {
  @Override
  public long metrics(SeriesCursor series, Map<String, MetricMetadata> metadata) {
    SampleBuffer samples = new SampleBuffer();
    long count = 0;
    while (series.next()) {
      series.read(samples);
      count += samples.size();
    }
    return count;
  }

  @Override
  public void logs(LogBatch batch) {}

  @Override
  public void traces(List<byte[]> requests) {}

  @Override
  public String summary() {
    return "";
  }
}
