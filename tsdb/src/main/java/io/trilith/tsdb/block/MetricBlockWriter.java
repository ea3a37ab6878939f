package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.AggregateEncoder;
import io.trilith.tsdb.chunk.ChunkEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes one metrics block from one pass over its series, see {@link MetricBlockFormat}. Pages go
 * out as they fill; what stays in memory until the end is the index, some 40 bytes per series and
 * the distinct label values. Used once, by one thread.
 */
public final class MetricBlockWriter {
  private final BlockWriter block;
  private final ByteWriter page = new ByteWriter(MetricBlockFormat.PAGE_SIZE * 2);
  private final ByteWriter timesPage = new ByteWriter(MetricBlockFormat.TIMES_PAGE_SIZE * 2);
  private final ByteWriter pages = new ByteWriter();
  private final ByteWriter columns = new ByteWriter();
  private final ByteWriter chunks = new ByteWriter(1 << 12);
  private final ChunkEncoder encoder = new ChunkEncoder();
  private final AggregateEncoder aggregateEncoder = new AggregateEncoder();
  private final List<Resolution> resolutions;
  private final ColumnTable columnTable = new ColumnTable();
  private final LabelCollector labels = new LabelCollector();
  private final SampleBuffer samples = new SampleBuffer();
  private int pageCount;
  private int columnCount;
  private int chunkCount;
  private long columnMinBefore;
  private long sampleCount;
  private long min = Long.MAX_VALUE;
  private long max = Long.MIN_VALUE;

  private MetricBlockWriter(ObjectOutput out, List<Duration> resolutions) {
    if (resolutions.size() > MetricBlockFormat.RESOLUTIONS_MAX) {
      throw new IllegalArgumentException("resolutions " + resolutions);
    }
    this.block = new BlockWriter(out, MetricBlockFormat.KIND);
    this.resolutions = resolutions.stream().map(Resolution::new).toList();
  }

  /** The aggregates of one resolution. */
  private static final class Resolution {
    private final long millis;
    private final ByteWriter page = new ByteWriter(MetricBlockFormat.PAGE_SIZE * 2);
    private final ByteWriter lengths = new ByteWriter();

    Resolution(Duration length) {
      this.millis = length.toMillis();
    }
  }

  /**
   * Writes a whole block; the caller commits the output. Exemplars of series that are not there are
   * left out.
   */
  public static BlockSummary write(
      ObjectOutput out,
      SeriesCursor series,
      Collection<SeriesExemplar> exemplars,
      Map<String, MetricMetadata> metadata) {
    return write(out, series, exemplars, metadata, List.of());
  }

  /** As above, with aggregates of the samples at up to two resolutions. */
  public static BlockSummary write(
      ObjectOutput out,
      SeriesCursor series,
      Collection<SeriesExemplar> exemplars,
      Map<String, MetricMetadata> metadata,
      List<Duration> resolutions) {
    MetricBlockWriter writer = new MetricBlockWriter(out, resolutions);
    Map<Labels, Integer> exemplified = new HashMap<>();
    exemplars.forEach(one -> exemplified.put(one.series(), -1));
    writer.block.section(MetricBlockFormat.DATA);
    while (series.next()) {
      series.read(writer.samples);
      if (writer.samples.size() > 0) {
        exemplified.replace(series.labels(), writer.labels.seriesCount());
        writer.putSeries(series.labels());
      }
    }
    writer.endPages();
    long dataBytes = writer.block.sectionSize();
    writer.putIndex();
    writer.putExemplars(exemplars, exemplified);
    writer.putMetadata(metadata);
    writer.putLayout();
    writer.putAggregates();
    long size = writer.block.finish();
    return new BlockSummary(
        size,
        writer.min,
        writer.max,
        writer.sampleCount,
        writer.labels.seriesCount(),
        size - dataBytes);
  }

  private void putSeries(Labels of) {
    labels.add(of);
    int countAt = 0;
    int from = 0;
    // How many chunks a series has is known when they are written: they are counted first.
    while (from < samples.size()) {
      from = chunkEnd(from);
      countAt++;
    }
    chunks.putVarint(countAt);
    for (from = 0; from < samples.size(); ) {
      int end = chunkEnd(from);
      putChunk(from, end - from);
      from = end;
    }
    for (int i = 0; i < resolutions.size(); i++) {
      putAggregates(resolutions.get(i), i);
    }
    sampleCount += samples.size();
    min = Math.min(min, samples.timestamps()[0]);
    max = Math.max(max, samples.timestamps()[samples.size() - 1]);
  }

  private int chunkEnd(int from) {
    boolean histograms = samples.histogram(from) != null;
    int limit = histograms ? MetricBlockFormat.CHUNK_HISTOGRAMS : MetricBlockFormat.CHUNK_SAMPLES;
    int end = from + 1;
    while (end < samples.size()
        && end - from < limit
        && (samples.histogram(end) != null) == histograms) {
      end++;
    }
    return end;
  }

  private void putChunk(int from, int count) {
    int column = column(from, count);
    int start = page.size();
    boolean histograms = samples.histogram(from) != null;
    boolean starts = encoder.starts(samples, from, count, page);
    if (histograms) {
      encoder.histograms(samples, from, count, page);
    } else {
      encoder.floats(samples, from, count, page);
    }
    chunks.putVarint(column);
    chunks.putVarint(
        ((long) (page.size() - start) << MetricBlockFormat.FLAG_BITS)
            | (histograms ? MetricBlockFormat.HISTOGRAMS : 0)
            | (starts ? MetricBlockFormat.HAS_STARTS : 0));
    chunkCount++;
    if (page.size() >= MetricBlockFormat.PAGE_SIZE) {
      endPage(page, MetricBlockFormat.CHUNK_PAGE);
    }
  }

  private int column(int from, int count) {
    long[] times = samples.timestamps();
    int number = columnTable.number(times, from, count);
    if (number >= 0) {
      return number;
    }
    int start = timesPage.size();
    encoder.times(samples, from, count, timesPage);
    columns.putVarint(timesPage.size() - start);
    columns.putVarint(count);
    columns.putZigzag(times[from] - columnMinBefore);
    columns.putVarint(times[from + count - 1] - times[from]);
    columnMinBefore = times[from];
    if (timesPage.size() >= MetricBlockFormat.TIMES_PAGE_SIZE) {
      endPage(timesPage, MetricBlockFormat.TIMES_PAGE);
    }
    columnCount++;
    return -1 - number;
  }

  private void putAggregates(Resolution resolution, int number) {
    int start = resolution.page.size();
    aggregateEncoder.encode(samples, resolution.millis, resolution.page);
    resolution.lengths.putVarint(resolution.page.size() - start);
    if (resolution.page.size() >= MetricBlockFormat.PAGE_SIZE) {
      endPage(resolution.page, MetricBlockFormat.AGGREGATES_PAGE + number);
    }
  }

  private void endPages() {
    endPage(page, MetricBlockFormat.CHUNK_PAGE);
    endPage(timesPage, MetricBlockFormat.TIMES_PAGE);
    for (int i = 0; i < resolutions.size(); i++) {
      endPage(resolutions.get(i).page, MetricBlockFormat.AGGREGATES_PAGE + i);
    }
  }

  private void endPage(ByteWriter of, int kind) {
    if (of.size() > 0) {
      pages.putVarint(((long) block.page(of.view()) << MetricBlockFormat.PAGE_KIND_BITS) | kind);
      pageCount++;
      of.clear();
    }
  }

  private void putIndex() {
    labels.sort();
    ByteWriter out = new ByteWriter(1 << 14);
    new SeriesEncoder(chunks.view()).encode(labels, out);
    block.section(MetricBlockFormat.SERIES);
    block.write(out);
    out.clear();
    int[] lengths = labels.writePostings(out);
    block.section(MetricBlockFormat.POSTINGS);
    block.write(out);
    out.clear();
    block.section(MetricBlockFormat.LABELS);
    labels.write(lengths, out, block::write);
  }

  private void putExemplars(Collection<SeriesExemplar> exemplars, Map<Labels, Integer> numbers) {
    List<SeriesExemplar> known = new ArrayList<>();
    for (SeriesExemplar one : exemplars) {
      if (numbers.getOrDefault(one.series(), -1) >= 0) {
        known.add(one);
      }
    }
    ByteWriter out = new ByteWriter();
    out.putVarint(known.size());
    for (SeriesExemplar one : known) {
      out.putVarint(numbers.getOrDefault(one.series(), 0));
      Labels of = one.exemplar().labels();
      out.putVarint(of.size());
      for (int i = 0; i < of.size(); i++) {
        out.putString(of.name(i));
        out.putString(of.value(i));
      }
      out.putDouble(one.exemplar().value());
      out.putZigzag(one.exemplar().timestamp());
    }
    putPacked(MetricBlockFormat.EXEMPLARS, out);
  }

  private void putMetadata(Map<String, MetricMetadata> metadata) {
    ByteWriter out = new ByteWriter();
    out.putVarint(metadata.size());
    new TreeMap<>(metadata)
        .forEach(
            (metric, entry) -> {
              out.putString(metric);
              out.putByte(entry.type().ordinal());
              out.putString(entry.unit());
              out.putString(entry.help());
            });
    putPacked(MetricBlockFormat.METADATA, out);
  }

  private void putPacked(int section, ByteWriter content) {
    ByteWriter packed = new ByteWriter();
    Packed.pack(content, packed);
    block.section(section);
    block.write(packed);
  }

  private void putLayout() {
    ByteWriter out = new ByteWriter();
    out.putVarint(MetricBlockFormat.VERSION);
    out.putVarint(labels.seriesCount());
    out.putVarint(chunkCount);
    out.putVarint(pageCount);
    out.putBytes(pages.view());
    out.putVarint(columnCount);
    out.putBytes(columns.view());
    block.section(MetricBlockFormat.LAYOUT);
    block.write(out);
  }

  private void putAggregates() {
    if (resolutions.isEmpty()) {
      return;
    }
    ByteWriter out = new ByteWriter();
    out.putVarint(resolutions.size());
    for (Resolution resolution : resolutions) {
      out.putVarint(resolution.millis);
      out.putBytes(resolution.lengths.view());
    }
    block.section(MetricBlockFormat.AGGREGATES);
    block.write(out);
  }
}
