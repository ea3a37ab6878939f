package io.trilith.tracestore.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.CacheConfig;
import io.trilith.config.HeadConfig;
import io.trilith.config.RetentionConfig;
import io.trilith.config.WalConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.flush.Flushable;
import io.trilith.storage.flush.Flusher;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.log.LocalLog;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.DirectoryObjectStore;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.testing.Golden;
import io.trilith.testing.Seeds;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.block.TraceBlock;
import io.trilith.tracestore.block.TraceBlockWriter;
import io.trilith.tracestore.chunk.PartSource;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.head.BatchCodec;
import io.trilith.tracestore.head.TraceHead;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceStoreTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T00:00:00Z"));
  private static final TenantId TENANT = new TenantId("team-a");
  private static final HeadConfig HEAD =
      new HeadConfig(
          ByteSize.parse("48MiB"),
          Duration.ofHours(2),
          ByteSize.parse("96MiB"),
          ByteSize.parse("192MiB"));
  private static final WalConfig WAL =
      new WalConfig(
          WalConfig.Sync.ALWAYS,
          Duration.ofSeconds(1),
          ByteSize.parse("1MiB"),
          ByteSize.parse("256MiB"),
          ByteSize.parse("1GiB"));

  @TempDir Path directory;

  /** A store with everything below it, opened as the server does. Not closed: that is a kill. */
  private final class Opened {
    final SplittableRandom random = new SplittableRandom();
    final ObjectStore objects = new DirectoryObjectStore(directory.resolve("objects"));
    final Catalog catalog = new Catalog(objects, CLOCK, random);
    final LocalLog wal = new LocalLog(directory.resolve("log"), WAL, catalog.state().coveredMax());
    final TraceStore store;
    final Flusher flusher;

    Opened(Duration keep) {
      store =
          new TraceStore(
              wal,
              objects,
              new HeadBudget(HEAD),
              new DataAge(new RetentionConfig(keep, Duration.ofHours(1), Duration.ZERO), CLOCK),
              new CacheConfig(ByteSize.parse("1MiB")),
              CLOCK,
              () -> BlockId.create(CLOCK, random));
      store.blocksChanged(catalog.state());
      wal.read(
          0,
          (offset, signal, tenant, payload) -> {
            if (offset >= catalog.state().covered(signal, tenant)) {
              store.replay(offset, tenant, payload);
            }
          });
      flusher =
          new Flusher(HEAD, WAL, wal, catalog, CLOCK, () -> List.<Flushable>copyOf(store.heads()));
      flusher.replayed();
    }
  }

  private static SpanBatch batch(Span... spans) {
    SpanBatch batch = new SpanBatch();
    for (Span span : spans) {
      batch.add(span);
    }
    return batch;
  }

  private static List<Trace> scan(TraceStore store, TenantId tenant, long min, long max) {
    List<Trace> traces = new ArrayList<>();
    try (SpanReader reader = store.reader(tenant)) {
      reader.scan(min, max, Integer.MAX_VALUE, trace -> traces.add(trace));
    }
    return traces;
  }

  private static @Nullable Trace trace(TraceStore store, TenantId tenant, TraceId id) {
    try (SpanReader reader = store.reader(tenant)) {
      return reader.trace(id, 100);
    }
  }

  @Test
  void joinsATraceSpreadOverBlockAndHead() {
    RandomSpans spans = new RandomSpans(new SplittableRandom(1));
    TraceId id = new TraceId(0, 5);
    Opened opened = new Opened(Duration.ZERO);
    Span root = spans.span(id, 1, 0, 1_000_000);
    Span child = spans.span(id, 2, 1, 5_000_000_000_000L);
    opened.store.append(TENANT, batch(child));
    opened.flusher.flushAll();
    opened.store.append(TENANT, batch(root, child));
    Trace whole = Trace.of(id, List.of(root, child));
    // The range holds the root only: the trace is whole nevertheless.
    assertThat(scan(opened.store, TENANT, 0, 2_000_000)).containsExactly(whole);
    assertThat(trace(new Opened(Duration.ZERO).store, TENANT, id)).isEqualTo(whole);
    assertThat(trace(opened.store, new TenantId("other"), id)).isNull();
    assertThat(scan(opened.store, TENANT, 1, 2)).isEmpty();
  }

  @Test
  void refusesWhatIsOlderThanTheRetentionAndKeepsTheRest() {
    RandomSpans spans = new RandomSpans(new SplittableRandom(2));
    Opened opened = new Opened(Duration.ofDays(15));
    long now = CLOCK.millis() * 1_000_000;
    TraceAppender.AppendResult result =
        opened.store.append(
            TENANT,
            batch(
                spans.span(new TraceId(0, 1), 1, 0, now - Duration.ofDays(16).toNanos()),
                spans.span(new TraceId(0, 2), 1, 0, now),
                spans.span(new TraceId(0, 3), 1, 0, now + Duration.ofHours(2).toNanos())));
    assertThat(result.accepted()).isEqualTo(1);
    assertThat(result.rejected()).isEqualTo(2);
    assertThat(result.reason()).contains("retention.default = 15d");
    assertThat(scan(opened.store, TENANT, 0, Long.MAX_VALUE)).hasSize(1);
  }

  @Test
  void equalsANaiveModelUnderRandomWritesFlushesAndKills() {
    SplittableRandom random = Seeds.random("equalsANaiveModelUnderRandomWritesFlushesAndKills");
    RandomSpans spans = new RandomSpans(random);
    Map<TenantId, TreeMap<TraceId, Map<String, Span>>> model = new HashMap<>();
    Opened opened = new Opened(Duration.ZERO);
    for (int step = 0; step < Seeds.iterations(400); step++) {
      TenantId tenant = new TenantId("t" + random.nextInt(2));
      SpanBatch batch = new SpanBatch();
      for (int n = random.nextInt(1, 20); n > 0; n--) {
        TraceId id = new TraceId(random.nextInt(2) == 0 ? -1 : 0, random.nextInt(1, 40));
        Span span =
            spans.spanOfAnyTimes(
                id, random.nextInt(1, 30), random.nextInt(30), random.nextLong(1L << 42));
        batch.add(span);
        model
            .computeIfAbsent(tenant, _ -> new TreeMap<>())
            .computeIfAbsent(id, _ -> new HashMap<>())
            .put(span.spanId() + "/" + span.kind(), span);
      }
      opened.store.append(tenant, batch);
      if (random.nextInt(30) == 0) {
        opened.flusher.flushAll();
      }
      if (random.nextInt(60) == 0) {
        opened = new Opened(Duration.ZERO);
      }
    }
    opened = new Opened(Duration.ZERO);
    for (Map.Entry<TenantId, TreeMap<TraceId, Map<String, Span>>> tenant : model.entrySet()) {
      List<Trace> expected = new ArrayList<>();
      tenant.getValue().forEach((id, parts) -> expected.add(Trace.of(id, parts.values())));
      try (SpanReader reader = opened.store.reader(tenant.getKey())) {
        assertThat(scan(opened.store, tenant.getKey(), 0, Long.MAX_VALUE)).isEqualTo(expected);
        for (Trace trace : expected) {
          assertThat(reader.trace(trace.id(), Integer.MAX_VALUE)).isEqualTo(trace);
        }
      }
    }
    assertThat(opened.catalog.state().blocks(Signal.TRACES, new TenantId("t0"))).isNotEmpty();
  }

  @Test
  void keepsATraceOfManyRowGroups() {
    RandomSpans spans = new RandomSpans(new SplittableRandom(3));
    TraceHead head = new TraceHead();
    SpanBatch batch = new SpanBatch();
    for (int i = 1; i <= 40_000; i++) {
      batch.add(spans.span(new TraceId(7, 7), i, i - 1, 1_000L * i));
    }
    batch.add(spans.span(new TraceId(7, 8), 1, 0, 5));
    long _ = head.add(batch);
    TraceBlock block = write(new MemoryObjectStore(), head);
    assertThat(Trace.of(new TraceId(7, 7), block.find(new TraceId(7, 7))).spans())
        .isEqualTo(Trace.of(new TraceId(7, 7), batch.spans().subList(0, 40_000)).spans());
    assertThat(block.find(new TraceId(7, 8))).isEqualTo(batch.spans().subList(40_000, 40_001));
    assertThat(block.find(new TraceId(7, 9))).isEmpty();
  }

  private static TraceBlock write(ObjectStore objects, TraceHead head) {
    try (ObjectOutput out = objects.create("b")) {
      TraceBlockWriter.Written _ = TraceBlockWriter.write(out, head.sorted());
      out.commit();
    }
    return TraceBlock.open(objects, "b");
  }

  private static TraceHead head(SplittableRandom random, int count) {
    RandomSpans spans = new RandomSpans(random);
    SpanBatch batch = new SpanBatch();
    for (int i = 1; i <= count; i++) {
      batch.add(spans.span(new TraceId(0, random.nextInt(1, 9)), i, i / 2, 1_000L * i));
    }
    TraceHead head = new TraceHead();
    long _ = head.add(batch);
    return head;
  }

  @Test
  void findsEveryFlippedBitAndCutOfABlock() {
    SplittableRandom random = Seeds.random("findsEveryFlippedBitAndCutOfABlock");
    ObjectStore objects = new MemoryObjectStore();
    SpanBatch batch = new SpanBatch();
    RandomSpans spans = new RandomSpans(random);
    for (int i = 1; i <= 60; i++) {
      TraceId id = new TraceId(0, random.nextInt(1, 9));
      batch.add(spans.spanOfAnyTimes(id, i, i / 2, 1_000L * i));
    }
    TraceHead head = new TraceHead();
    long _ = head.add(batch);
    List<Span> expected = readAll(write(objects, head));
    assertThat(expected).containsExactlyInAnyOrderElementsOf(batch.spans());
    int size = (int) objects.readTail("b", 1).objectSize();
    ByteBuffer whole = objects.readRange("b", 0, size);
    for (int i = 0; i < Seeds.iterations(400); i++) {
      byte[] copy = new byte[size];
      whole.duplicate().get(copy);
      int cut = i % 4 == 0 ? random.nextInt(size) : size;
      int bit = random.nextInt(size * 8);
      copy[bit >> 3] ^= (byte) (1 << (bit & 7));
      ObjectStore damaged = new MemoryObjectStore();
      try (ObjectOutput out = damaged.create("b")) {
        out.write(ByteBuffer.wrap(copy, 0, cut));
        out.commit();
      }
      try {
        assertThat(readAll(TraceBlock.open(damaged, "b"))).isEqualTo(expected);
        assertThat(cut).isEqualTo(size);
      } catch (StorageException.Corrupt e) {
        assertThat(e).hasMessageContaining("b is corrupt");
      }
    }
  }

  @Test
  void aBlockOfVersion1DecodesForEver() {
    ObjectStore objects = new MemoryObjectStore();
    TraceHead head = head(new SplittableRandom(42), 12);
    write(objects, head);
    ByteBuffer written = objects.read("b");
    byte[] current = new byte[written.remaining()];
    written.get(current);
    for (String file : List.of("trace-block.bin", "trace-block-filter.bin")) {
      ObjectStore golden = new MemoryObjectStore();
      golden.createIfAbsent("b", ByteBuffer.wrap(Golden.bytes("tracestore", file, current)));
      TraceBlock block = TraceBlock.open(golden, "b");
      List<Span> spans = readAll(block);
      assertThat(spans).hasSize(12).isEqualTo(readAll(write(new MemoryObjectStore(), head)));
      for (Span span : spans) {
        assertThat(block.find(span.traceId())).contains(span);
      }
    }
  }

  @Test
  void aBlockWithEarlyEndsDecodesForEver() {
    RandomSpans random = new RandomSpans(new SplittableRandom(43));
    SpanBatch batch = new SpanBatch();
    for (int i = 1; i <= 24; i++) {
      batch.add(random.spanOfAnyTimes(new TraceId(0, 1 + i % 5), i, i / 2, 1_000L * i));
    }
    assertThat(batch.spans()).anyMatch(span -> span.endNanos() < span.startNanos());
    TraceHead head = new TraceHead();
    long _ = head.add(batch);
    ObjectStore objects = new MemoryObjectStore();
    write(objects, head);
    byte[] current = new byte[objects.read("b").remaining()];
    objects.read("b").get(current);
    ObjectStore golden = new MemoryObjectStore();
    byte[] bytes = Golden.bytes("tracestore", "trace-block-early.bin", current);
    golden.createIfAbsent("b", ByteBuffer.wrap(bytes));
    TraceBlock block = TraceBlock.open(golden, "b");
    assertThat(block.columnBytes(0, Long.MAX_VALUE)).containsKey("early ends");
    assertThat(readAll(block)).containsExactlyInAnyOrderElementsOf(batch.spans());
  }

  private static List<Span> readAll(PartSource block) {
    List<Span> spans = new ArrayList<>();
    PartSource.Cursor parts = block.parts();
    while (parts.next()) {
      parts.addSpans(spans, Integer.MAX_VALUE);
    }
    return spans;
  }

  @Test
  void refusesALogRecordThatIsCutOrDamaged() {
    SplittableRandom random = Seeds.random("refusesALogRecordThatIsCutOrDamaged");
    RandomSpans spans = new RandomSpans(random);
    SpanBatch batch =
        batch(
            spans.span(new TraceId(0, 1), 1, 0, 5),
            RandomSpans.withEnd(spans.span(new TraceId(1, 1), 2, 1, 600), 99));
    ByteBuffer record = BatchCodec.encode(batch);
    byte[] bytes = new byte[record.remaining()];
    record.get(bytes);
    assertThat(BatchCodec.decode(new ByteReader(ByteBuffer.wrap(bytes), "r", 0), "r").spans())
        .isEqualTo(batch.spans());
    for (int cut = 0; cut < bytes.length; cut++) {
      ByteReader in = new ByteReader(ByteBuffer.wrap(bytes, 0, cut), "r", 0);
      assertThatThrownBy(() -> BatchCodec.decode(in, "r"))
          .isInstanceOf(StorageException.Corrupt.class);
    }
    for (int i = 0; i < Seeds.iterations(500); i++) {
      byte[] copy = bytes.clone();
      copy[random.nextInt(copy.length)] = (byte) random.nextInt();
      try {
        SpanBatch _ = BatchCodec.decode(new ByteReader(ByteBuffer.wrap(copy), "r", 0), "r");
      } catch (StorageException.Corrupt e) {
        assertThat(e).hasMessageContaining("corrupt");
      }
    }
  }
}
