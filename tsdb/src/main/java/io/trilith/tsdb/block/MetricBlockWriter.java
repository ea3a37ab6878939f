package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.index.LabelIndex;
import io.trilith.storage.index.SymbolTable;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.head.MetricHead.SealedSeries;
import io.trilith.tsdb.head.MetricHead.SeriesExemplar;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes one metrics block, see {@link MetricBlockFormat}. Used once, by one thread. */
public final class MetricBlockWriter {
  private final BlockWriter block;
  private final ByteWriter page = new ByteWriter(MetricBlockFormat.PAGE_SIZE * 2);
  private final ByteWriter pages = new ByteWriter();
  private final ByteWriter series = new ByteWriter(1 << 16);
  private final LabelIndex index = new LabelIndex();
  private final SymbolTable symbols = new SymbolTable();
  private final Map<Labels, Integer> numbers = new HashMap<>();
  private int pageCount;
  private int seriesCount;

  private MetricBlockWriter(ObjectOutput out) {
    this.block = new BlockWriter(out, MetricBlockFormat.KIND);
  }

  /**
   * Writes a whole block; the caller commits the output.
   *
   * @param sorted series in order of labels
   * @return the size of the block
   */
  public static long write(
      ObjectOutput out,
      List<SealedSeries> sorted,
      List<SeriesExemplar> exemplars,
      Map<String, MetricMetadata> metadata) {
    MetricBlockWriter writer = new MetricBlockWriter(out);
    writer.collectSymbols(sorted, exemplars);
    writer.block.section(MetricBlockFormat.CHUNKS);
    for (SealedSeries one : sorted) {
      writer.putSeries(one);
    }
    writer.endPage();
    writer.putIndexSections();
    writer.putExemplars(exemplars);
    writer.putMetadata(metadata);
    return writer.block.finish();
  }

  private void collectSymbols(List<SealedSeries> sorted, List<SeriesExemplar> exemplars) {
    for (SealedSeries one : sorted) {
      symbols.collect(one.labels());
    }
    for (SeriesExemplar one : exemplars) {
      symbols.collect(one.exemplar().labels());
    }
  }

  private void putSeries(SealedSeries one) {
    int number = seriesCount++;
    index.add(number, one.labels());
    numbers.put(one.labels(), number);
    symbols.putLabels(one.labels(), series);
    series.putVarint(one.chunks().size());
    for (Chunk chunk : one.chunks()) {
      series.putByte(chunk.kind().code());
      series.putZigzag(chunk.min());
      series.putVarint(chunk.max() - chunk.min());
      series.putVarint(chunk.count());
      series.putVarint(pageCount);
      series.putVarint(page.size());
      series.putVarint(chunk.data().length);
      page.putBytes(chunk.data());
      if (page.size() >= MetricBlockFormat.PAGE_SIZE) {
        endPage();
      }
    }
  }

  private void endPage() {
    if (page.size() == 0) {
      return;
    }
    pages.putVarint(block.sectionSize());
    pages.putVarint(block.page(page.view()));
    pageCount++;
    page.clear();
  }

  private void putIndexSections() {
    ByteWriter head = new ByteWriter();
    block.section(MetricBlockFormat.SERIES);
    head.putVarint(seriesCount);
    head.putVarint(pageCount);
    block.write(head);
    block.write(pages);
    block.write(series);

    block.section(MetricBlockFormat.SYMBOLS);
    ByteWriter table = new ByteWriter(1 << 14);
    symbols.write(table);
    block.write(table);

    block.section(MetricBlockFormat.POSTINGS);
    ByteWriter postings = new ByteWriter(1 << 16);
    index.write(symbols, postings);
    block.write(postings);
  }

  private void putExemplars(List<SeriesExemplar> exemplars) {
    block.section(MetricBlockFormat.EXEMPLARS);
    ByteWriter out = new ByteWriter();
    List<SeriesExemplar> known =
        exemplars.stream().filter(one -> numbers.containsKey(one.series())).toList();
    out.putVarint(known.size());
    for (SeriesExemplar one : known) {
      out.putVarint(numbers.getOrDefault(one.series(), 0));
      symbols.putLabels(one.exemplar().labels(), out);
      out.putDouble(one.exemplar().value());
      out.putZigzag(one.exemplar().timestamp());
    }
    block.write(out);
  }

  private void putMetadata(Map<String, MetricMetadata> metadata) {
    block.section(MetricBlockFormat.METADATA);
    ByteWriter out = new ByteWriter();
    out.putVarint(metadata.size());
    metadata.forEach(
        (metric, entry) -> {
          out.putString(metric);
          out.putByte(entry.type().ordinal());
          out.putString(entry.unit());
          out.putString(entry.help());
        });
    block.write(out);
  }
}
