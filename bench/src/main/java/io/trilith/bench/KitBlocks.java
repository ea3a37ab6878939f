package io.trilith.bench;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.BlockCursor;
import io.trilith.tsdb.block.BlockSummary;
import io.trilith.tsdb.block.MetricBlock;
import io.trilith.tsdb.block.MetricBlockWriter;
import io.trilith.tsdb.block.SeriesCursor;
import io.trilith.tsdb.index.TextSet;
import io.trilith.tsdb.merge.MergedCursor;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import org.xerial.snappy.Snappy;

/**
 * Makes blocks of the metrics load kit's data file, as a server that flushes every half hour would,
 * merges them, and tells bytes per sample, heap per series and speeds. Arguments: the data file, a
 * directory for the blocks.
 */
public final class KitBlocks {
  private static final int PARTS = 4;
  private static final int HEADER = 24;

  private final PrintStream out;
  private final ObjectStore objects;
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<Labels> labels = new ArrayList<>();
  private long[][] times = new long[1 << 17][];
  private double[][] values = new double[1 << 17][];
  private int[] counts = new int[1 << 17];

  private KitBlocks(PrintStream out, ObjectStore objects) {
    this.out = out;
    this.objects = objects;
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    new KitBlocks(System.out, new DirectoryObjectStore(Path.of(arguments[1])))
        .run(Path.of(arguments[0]));
  }

  private void run(Path data) throws IOException {
    List<String> parts = new ArrayList<>();
    try (FileChannel file = FileChannel.open(data)) {
      long size = file.size();
      long at = 16;
      for (int part = 0; part < PARTS; part++) {
        Arrays.fill(counts, 0);
        while (at < size * (part + 1) / PARTS && at < size) {
          ByteBuffer header = ByteBuffer.allocate(HEADER);
          file.read(header, at);
          int length = header.getInt(0);
          byte[] body = new byte[length];
          file.read(ByteBuffer.wrap(body), at + HEADER);
          request(Snappy.uncompress(body));
          at += HEADER + length;
        }
        parts.add("part-" + part);
        Integer[] order = new Integer[labels.size()];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> labels.get(a).compareTo(labels.get(b)));
        write("part-" + part, new Grouped(order));
      }
    }
    times = new long[0][];
    values = new double[0][];
    numbers.clear();
    labels.clear();
    List<BlockCursor> inputs = new ArrayList<>();
    for (String part : parts) {
      inputs.add(MetricBlock.open(objects, part).cursor(Long.MIN_VALUE, Long.MAX_VALUE));
    }
    write("merged", new MergedCursor(inputs));
    for (int round = 0; round < 5; round++) {
      read("merged");
    }
    questions("merged");
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void say(String format, Object... arguments) {
    out.printf(Locale.ROOT, format + "%n", arguments);
  }

  private void write(String name, SeriesCursor series) {
    long begin = cpuNanos();
    BlockSummary written;
    try (ObjectOutput object = objects.create(name)) {
      written = MetricBlockWriter.write(object, series, List.of(), Map.of());
      object.commit();
    }
    double seconds = (cpuNanos() - begin) / 1e9;
    double samples = written.samples();
    say(
        "%s: samples=%d series=%d bytes=%d: %.4f B/sample of samples + %.4f of index, %.1f M"
            + " samples per CPU second",
        name,
        written.samples(),
        written.series(),
        written.bytes(),
        (written.bytes() - written.indexBytes()) / samples,
        written.indexBytes() / samples,
        samples / 1e6 / seconds);
  }

  private void read(String name) {
    long begin = cpuNanos();
    MetricBlock block = MetricBlock.open(objects, name);
    long opened = cpuNanos();
    SampleBuffer buffer = new SampleBuffer();
    long[] samples = new long[1];
    List<io.trilith.tsdb.index.SeriesSource.Samples> found = new ArrayList<>();
    block.select(List.of(), Long.MIN_VALUE, Long.MAX_VALUE, (of, series) -> found.add(series));
    long selected = cpuNanos();
    for (io.trilith.tsdb.index.SeriesSource.Samples series : found) {
      buffer.clear();
      series.addTo(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
      samples[0] += buffer.size();
    }
    long end = cpuNanos();
    say(
        "open %.2f ms, weight %d (%.1f B/series), select of all %.1f ms, read %d at %.1f M"
            + " samples per CPU second",
        (opened - begin) / 1e6,
        block.weight(),
        (double) block.weight() / block.seriesCount(),
        (selected - opened) / 1e6,
        samples[0],
        samples[0] * 1e3 / (end - selected));
  }

  private void questions(String name) {
    MetricBlock block = MetricBlock.open(objects, name);
    Matcher regex = Matcher.of("pod", Matcher.Op.MATCH, "checkout-.*");
    for (int round = 0; round < 5; round++) {
      long begin = cpuNanos();
      TextSet values = new TextSet(_ -> {});
      block.labelValues("pod", List.of(regex), Long.MIN_VALUE, Long.MAX_VALUE, values);
      long middle = cpuNanos();
      TreeSet<String> names = new TreeSet<>();
      block.labelNames(List.of(regex), Long.MIN_VALUE, Long.MAX_VALUE, names);
      long end = cpuNanos();
      say(
          "pod values of a regexp: %d in %.2f ms; names: %d in %.2f ms",
          values.sorted().size(), (middle - begin) / 1e6, names.size(), (end - middle) / 1e6);
    }
  }

  /** Series by labels with the samples gathered so far. */
  private final class Grouped implements SeriesCursor {
    private final Integer[] order;
    private int at = -1;

    Grouped(Integer[] order) {
      this.order = order;
    }

    @Override
    public boolean next() {
      return ++at < order.length;
    }

    @Override
    public Labels labels() {
      return labels.get(order[at]);
    }

    @Override
    public void read(SampleBuffer into) {
      into.clear();
      int number = order[at];
      for (int i = 0; i < counts[number]; i++) {
        into.add(times[number][i], values[number][i]);
      }
      into.sortAndKeepLast();
    }
  }

  // A walk over a remote-write request of the kit: labels, then one sample, per series.

  private void request(byte[] body) {
    int at = 0;
    while (at < body.length) {
      int length = varint(body, at + 1);
      at = after(body, at + 1);
      series(body, at, at + length);
      at += length;
    }
  }

  private void series(byte[] body, int from, int end) {
    int at = from;
    while (at < end && body[at] == 0x0a) {
      int length = varint(body, at + 1);
      at = after(body, at + 1) + length;
    }
    String key = new String(body, from, at - from, StandardCharsets.ISO_8859_1);
    Integer number = numbers.get(key);
    if (number == null) {
      number = labels.size();
      numbers.put(key, number);
      labels.add(labels(body, from, at));
    }
    sample(body, after(body, at + 1), end, number);
  }

  private void sample(byte[] body, int from, int end, int number) {
    double value = 0;
    long time = 0;
    for (int at = from; at < end; ) {
      if (body[at] == 0x09) {
        value =
            ByteBuffer.wrap(body, at + 1, 8).order(java.nio.ByteOrder.LITTLE_ENDIAN).getDouble();
        at += 9;
      } else {
        int next = after(body, at + 1);
        for (int i = next - 1; i > at; i--) {
          time = time << 7 | (body[i] & 0x7f);
        }
        at = next;
      }
    }
    if (counts.length <= number) {
      counts = Arrays.copyOf(counts, number * 2);
      times = Arrays.copyOf(times, number * 2);
      values = Arrays.copyOf(values, number * 2);
    }
    if (times[number] == null) {
      times[number] = new long[128];
      values[number] = new double[128];
    } else if (times[number].length == counts[number]) {
      times[number] = Arrays.copyOf(times[number], counts[number] * 2);
      values[number] = Arrays.copyOf(values[number], counts[number] * 2);
    }
    times[number][counts[number]] = time;
    values[number][counts[number]++] = value;
  }

  private static Labels labels(byte[] body, int from, int end) {
    Labels.Builder builder = new Labels.Builder();
    for (int at = from; at < end; ) {
      at = after(body, at + 1);
      int nameLength = varint(body, at + 1);
      at = after(body, at + 1);
      String name = new String(body, at, nameLength, StandardCharsets.UTF_8);
      at += nameLength;
      int valueLength = varint(body, at + 1);
      at = after(body, at + 1);
      builder.set(name, new String(body, at, valueLength, StandardCharsets.UTF_8));
      at += valueLength;
    }
    return builder.build();
  }

  private static int varint(byte[] body, int from) {
    int value = 0;
    int shift = 0;
    for (int at = from; ; at++, shift += 7) {
      value |= (body[at] & 0x7f) << shift;
      if (body[at] >= 0) {
        return value;
      }
    }
  }

  private static int after(byte[] body, int from) {
    int at = from;
    while (body[at] < 0) {
      at++;
    }
    return at + 1;
  }
}
