package io.trilith.bench;

import io.trilith.compactor.BlockMerge;
import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LogBatch;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.logstore.store.LogStore;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.ObjectStore;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.xerial.snappy.Snappy;

/**
 * Puts the logs load kit's data (its protobuf file) into a log store, flushes and merges it, and
 * tells sizes, speeds and what the questions of the kit cost below the query language. Arguments:
 * the data file, a directory that is empty, then needles: one that is nowhere, a trace id, an id
 * that is in ten lines.
 */
public final class KitLogs {
  private static final int HEADER = 24;
  private static final TenantId TENANT = new TenantId("kit");
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));
  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.INTERVAL,
          Duration.ofSeconds(1),
          ByteSize.parse("64MiB"),
          ByteSize.parse("1GiB"),
          ByteSize.parse("4GiB"));

  private final PrintStream out;
  private final SplittableRandom random = new SplittableRandom(1);
  private final LogStore store;
  private final Catalog catalog;
  private final Flusher flusher;
  private final BlockMerge merge;
  private long lineBytes;

  private KitLogs(PrintStream out, Path directory) {
    this.out = out;
    InstantSource clock = InstantSource.system();
    ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    catalog = new Catalog(objects, clock, random);
    LocalLog wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    DataAge age =
        new DataAge(new RetentionConfig(Duration.ZERO, Duration.ofHours(1), Duration.ZERO), clock);
    store =
        new LogStore(
            wal,
            objects,
            new HeadBudget(HEAD),
            age,
            new CacheConfig(ByteSize.parse("32MiB")),
            clock,
            () -> BlockId.create(clock, random));
    store.blocksChanged(catalog.state());
    flusher = new Flusher(HEAD, WAL, wal, catalog, clock, () -> List.copyOf(store.heads()));
    flusher.replayed();
    merge = new BlockMerge(store, catalog, objects, () -> BlockId.create(clock, random), clock);
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    KitLogs kit = new KitLogs(System.out, Path.of(arguments[1]));
    kit.load(Path.of(arguments[0]));
    for (int round = 0; round < Integer.getInteger("rounds", 6); round++) {
      kit.say("round %d", round);
      kit.questions(Arrays.copyOfRange(arguments, 2, arguments.length));
    }
    System.exit(0);
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void say(String format, Object... arguments) {
    out.printf(Locale.ROOT, format + "%n", arguments);
  }

  private void load(Path data) throws IOException {
    long append = 0;
    long flush = 0;
    try (FileChannel file = FileChannel.open(data)) {
      for (long at = 16; at < file.size(); ) {
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        file.read(header, at);
        int length = header.getInt(0);
        int skip = HEADER + 4 * header.getInt(16);
        byte[] body = new byte[length];
        file.read(ByteBuffer.wrap(body), at + skip);
        at += skip + length;
        LogBatch batch = batch(Snappy.uncompress(body));
        long begin = cpuNanos();
        store.append(TENANT, batch);
        long middle = cpuNanos();
        flusher.flushDue();
        append += middle - begin;
        long took = cpuNanos() - middle;
        flush += took;
        if (took > 50_000_000L) {
          say("flush at %.0f MB: %.0f ms", lineBytes / 1e6, took / 1e6);
        }
      }
    }
    long begin = cpuNanos();
    flusher.flushAll();
    flush += cpuNanos() - begin;
    say("lines %.1f MB", lineBytes / 1e6);
    say(
        "append %.2f s = %.0f MB/s; flush %.2f s = %.0f MB/s",
        append / 1e9, lineBytes * 1e3 / append, flush / 1e9, lineBytes * 1e3 / flush);
    sizes();
    begin = cpuNanos();
    merge.compact();
    say("merge %.2f s", (cpuNanos() - begin) / 1e9);
    sizes();
  }

  private void sizes() {
    long bytes = 0;
    List<BlockEntry> blocks = catalog.state().blocks(Signal.LOGS, TENANT);
    for (BlockEntry block : blocks) {
      bytes += block.bytes();
    }
    say(
        "blocks %d, %.2f MB, raw : stored %.3f",
        blocks.size(), bytes / 1e6, (double) lineBytes / bytes);
  }

  private void questions(String[] needles) {
    for (String needle : needles) {
      ask("|= " + needle, new Scan.Term.LineHas(needle.getBytes(StandardCharsets.UTF_8)));
    }
    ask("trace_id=" + needles[1], new Scan.Term.MetadataIs("trace_id", needles[1]));
    for (String word : List.of("deadlock detected", "timeout", "timeout after ")) {
      ask("|= " + word, new Scan.Term.LineHas(word.getBytes(StandardCharsets.UTF_8)));
    }
    count(2, false);
    count(121, false);
    count(121, true);
    everything();
    newest();
  }

  private StreamSet all(StreamReader reader) {
    return reader.select(
        List.of(Matcher.of("app", Matcher.Op.MATCH, ".+")), Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private void ask(String name, Scan.Term term) {
    long begin = cpuNanos();
    ScanCounts counts = new ScanCounts();
    Scan scan = new Scan(List.of(new Scan.AnyOf(List.of(term))), counts);
    long found = 0;
    long exact = 0;
    try (StreamReader reader = store.reader(TENANT)) {
      StreamSet set = all(reader);
      for (int i = 0; i < set.size(); i++) {
        EntryCursor cursor =
            set.entries(i, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD, scan);
        while (cursor.next()) {
          found++;
          exact += cursor.lineArray()[cursor.lineStart()] == 0 ? 0 : 1;
        }
      }
    }
    say(
        "%-44s %7.2f ms, candidates %d (%d), pages read %d, by filter %d, by template %d, stored"
            + " bytes read %d",
        name,
        (cpuNanos() - begin) / 1e6,
        found,
        exact,
        counts.pagesRead(),
        counts.pagesSkippedByFilter(),
        counts.pagesSkippedByTemplate(),
        counts.bytesRead());
  }

  private void count(int bounds, boolean lengths) {
    long begin = cpuNanos();
    long total = 0;
    long bytes = 0;
    ScanCounts counts = new ScanCounts();
    try (StreamReader reader = store.reader(TENANT)) {
      StreamSet set = all(reader);
      long[] times = new long[bounds];
      for (int i = 0; i < bounds; i++) {
        times[i] = 1_795_197_600_000_000_000L - 1 + i * (7_200_000_000_001L / (bounds - 1));
      }
      long[] entries = new long[bounds - 1];
      long[] sizes = new long[lengths ? bounds - 1 : 0];
      for (int i = 0; i < set.size(); i++) {
        set.count(i, times, entries, sizes, new Scan(List.of(), counts));
      }
      total = Arrays.stream(entries).sum();
      bytes = Arrays.stream(sizes).sum();
    }
    say(
        "count in %d steps%s: %.2f ms, %d entries, %d bytes, pages read %d",
        bounds - 1,
        lengths ? " with bytes" : "",
        (cpuNanos() - begin) / 1e6,
        total,
        bytes,
        counts.pagesRead());
  }

  private void everything() {
    long begin = cpuNanos();
    long bytes = 0;
    try (StreamReader reader = store.reader(TENANT)) {
      StreamSet set = all(reader);
      for (int i = 0; i < set.size(); i++) {
        EntryCursor cursor = set.entries(i, Long.MIN_VALUE, Long.MAX_VALUE, Direction.FORWARD);
        while (cursor.next()) {
          bytes += cursor.lineArray()[cursor.lineStart()] & 1;
          bytes += cursor.lineEnd() - cursor.lineStart();
        }
      }
    }
    double seconds = (cpuNanos() - begin) / 1e9;
    say("all lines: %.0f ms = %.0f MB/s", seconds * 1e3, bytes / 1e6 / seconds);
  }

  private void newest() {
    long begin = cpuNanos();
    long bytes = 0;
    try (StreamReader reader = store.reader(TENANT)) {
      StreamSet set = all(reader);
      for (int i = 0; i < set.size(); i++) {
        EntryCursor cursor = set.entries(i, Long.MIN_VALUE, Long.MAX_VALUE, Direction.BACKWARD);
        for (int n = 0; n < 8 && cursor.next(); n++) {
          bytes += cursor.lineEnd() - cursor.lineStart();
        }
      }
    }
    say("newest 8 of each stream: %.2f ms, %d bytes", (cpuNanos() - begin) / 1e6, bytes);
  }

  // A walk over a push request of the kit.

  private LogBatch batch(byte[] body) {
    LogBatch batch = new LogBatch();
    int at = 0;
    while (at < body.length) {
      int length = varint(body, at + 1);
      at = after(body, at + 1);
      stream(batch, body, at, at + length);
      at += length;
    }
    return batch;
  }

  private void stream(LogBatch batch, byte[] body, int from, int end) {
    int at = from;
    int number = -1;
    while (at < end) {
      int tag = body[at];
      int length = varint(body, at + 1);
      at = after(body, at + 1);
      if (tag == 0x0a) {
        number = batch.addStream(labels(new String(body, at, length, StandardCharsets.UTF_8)));
      } else {
        entry(batch, number, body, at, at + length);
      }
      at += length;
    }
  }

  private static Labels labels(String text) {
    Labels.Builder builder = new Labels.Builder();
    for (String pair : text.substring(1, text.length() - 1).split(", ")) {
      int equals = pair.indexOf('=');
      builder.set(pair.substring(0, equals), pair.substring(equals + 2, pair.length() - 1));
    }
    return builder.build();
  }

  private void entry(LogBatch batch, int stream, byte[] body, int from, int end) {
    long time = 0;
    int line = 0;
    int lineLength = 0;
    Labels.Builder metadata = new Labels.Builder();
    for (int at = from; at < end; ) {
      int tag = body[at];
      int length = varint(body, at + 1);
      at = after(body, at + 1);
      if (tag == 0x0a) {
        time = time(body, at, at + length);
      } else if (tag == 0x12) {
        line = at;
        lineLength = length;
      } else {
        int nameLength = varint(body, at + 1);
        int name = after(body, at + 1);
        int valueLength = varint(body, name + nameLength + 1);
        int value = after(body, name + nameLength + 1);
        metadata.set(
            new String(body, name, nameLength, StandardCharsets.UTF_8),
            new String(body, value, valueLength, StandardCharsets.UTF_8));
      }
      at += length;
    }
    lineBytes += lineLength;
    batch.addEntry(stream, time, body, line, lineLength, metadata.build());
  }

  private static long time(byte[] body, int from, int end) {
    long time = 0;
    for (int at = from; at < end; ) {
      int tag = body[at];
      time += tag == 0x08 ? varint(body, at + 1) * 1_000_000_000L : varint(body, at + 1);
      at = after(body, at + 1);
    }
    return time;
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
