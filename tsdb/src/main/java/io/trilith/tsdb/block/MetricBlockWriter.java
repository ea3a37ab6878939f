package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.head.MetricHead.SealedSeries;
import io.trilith.tsdb.head.MetricHead.SeriesExemplar;
import io.trilith.tsdb.index.LabelIndex;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.roaringbitmap.RoaringBitmap;

/** Writes one metrics block, see {@link MetricBlockFormat}. Used once, by one thread. */
public final class MetricBlockWriter {
  private final BlockWriter block;
  private final ByteWriter page = new ByteWriter(MetricBlockFormat.PAGE_SIZE * 2);
  private final ByteWriter pages = new ByteWriter();
  private final ByteWriter series = new ByteWriter(1 << 16);
  private final LabelIndex index = new LabelIndex();
  private final Map<String, Integer> symbols = new HashMap<>();
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
    TreeSet<String> texts = new TreeSet<>();
    for (SealedSeries one : sorted) {
      addTexts(one.labels(), texts);
    }
    for (SeriesExemplar one : exemplars) {
      addTexts(one.exemplar().labels(), texts);
    }
    for (String text : texts) {
      symbols.put(text, symbols.size());
    }
  }

  private static void addTexts(Labels labels, Set<String> texts) {
    for (int i = 0; i < labels.size(); i++) {
      texts.add(labels.name(i));
      texts.add(labels.value(i));
    }
  }

  private int symbol(String text) {
    Integer number = symbols.get(text);
    if (number == null) {
      throw new IllegalStateException("'" + text + "' was not collected");
    }
    return number;
  }

  private void putSeries(SealedSeries one) {
    int number = seriesCount++;
    index.add(number, one.labels());
    numbers.put(one.labels(), number);
    putLabels(one.labels(), series);
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

  private void putLabels(Labels labels, ByteWriter out) {
    out.putVarint(labels.size());
    for (int i = 0; i < labels.size(); i++) {
      out.putVarint(symbol(labels.name(i)));
      out.putVarint(symbol(labels.value(i)));
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
    ByteWriter table = new ByteWriter();
    table.putVarint(symbols.size());
    symbols.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(symbol -> table.putString(symbol.getKey()));
    block.write(table);

    block.section(MetricBlockFormat.POSTINGS);
    ByteWriter postings = new ByteWriter(1 << 16);
    postings.putVarint(index.names().size());
    index
        .names()
        .forEach(
            (name, values) -> {
              postings.putVarint(symbol(name));
              postings.putVarint(values.size());
              values.forEach((value, bitmap) -> putPostings(value, bitmap, postings));
            });
    block.write(postings);
  }

  private void putPostings(String value, RoaringBitmap bitmap, ByteWriter out) {
    bitmap.runOptimize();
    out.putVarint(symbol(value));
    out.putVarint(bitmap.serializedSizeInBytes());
    DataOutput target = new DataOutputStream(new Appending(out));
    try {
      bitmap.serialize(target);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
  }

  private void putExemplars(List<SeriesExemplar> exemplars) {
    block.section(MetricBlockFormat.EXEMPLARS);
    ByteWriter out = new ByteWriter();
    List<SeriesExemplar> known =
        exemplars.stream().filter(one -> numbers.containsKey(one.series())).toList();
    out.putVarint(known.size());
    for (SeriesExemplar one : known) {
      out.putVarint(numbers.getOrDefault(one.series(), 0));
      putLabels(one.exemplar().labels(), out);
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

  /** Lets a stream write into our buffer. */
  private static final class Appending extends OutputStream {
    private final ByteWriter out;

    Appending(ByteWriter out) {
      this.out = out;
    }

    @Override
    public void write(int b) {
      out.putByte(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      out.putBytes(bytes, offset, length);
    }
  }
}
