package io.trilith.ingest.logs;

import io.trilith.config.LogIngestConfig;
import io.trilith.config.LogLimitsConfig;
import io.trilith.ingest.PartSize;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.pipeline.LogStages;
import io.trilith.logstore.LogBatch;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks and enriches streams and entries of one request and puts the good ones into a batch. One
 * per request.
 */
final class LogCollector {
  /** The reason of entries that may come again later. */
  static final String RATE_LIMITED = "per_stream_rate_limit";

  /** The reason of entries whose stream would be one too many now: they may come again later. */
  static final String STREAM_LIMIT = "stream_limit";

  /** The reason of entries of a request that alone has more new streams than the limit allows. */
  static final String STREAMS_OF_REQUEST = "too_many_streams";

  static final String SERVICE_NAME = "service_name";
  static final String UNKNOWN_SERVICE = "unknown_service";

  /**
   * What is the same for all requests.
   *
   * @param levels finds the level of an entry
   */
  record Rules(
      LogIngestConfig enrichment, LogLimitsConfig limits, StreamRates rates, DetectedLevel levels) {
    static Rules of(LogIngestConfig enrichment, LogLimitsConfig limits) {
      return new Rules(
          enrichment,
          limits,
          new StreamRates(limits),
          new DetectedLevel(enrichment.logLevelFields()));
    }
  }

  private final Rules rules;
  private final Rejections rejections;
  private final TenantId tenant;
  private final long nowNanos;
  private final StreamRules streamRules;
  private final EntryRules entryRules;
  private final Booking.Growth memory;
  private final Streams active;
  private final Consumer<LogBatch> store;
  private final @Nullable LogStages stages;
  private LogBatch batch = new LogBatch();
  private long stored;
  private long dropped;

  private boolean askedForRoom;

  /** Streams of the batch that the store has not yet. */
  private int added;

  /** New streams of the request. */
  private int addedInAll;

  private final ByteWriter encoded = new ByteWriter(256);
  private Labels stream = Labels.EMPTY;
  private final EntryMetadata metadata;
  private @Nullable String streamLevel;
  private int number = -1;
  private String refusal = "";

  /**
   * A collector.
   *
   * @param memory of the request
   * @param active what is known of the tenant's streams
   * @param stages what is done with entries before they are stored; null for nothing
   * @param store takes the entries, part by part when they are many, and owns what it is given
   */
  LogCollector(
      Rules rules,
      Rejections rejections,
      TenantId tenant,
      long nowNanos,
      Booking memory,
      Streams active,
      @Nullable LogStages stages,
      Consumer<LogBatch> store) {
    this.active = active;
    this.memory = memory.growth();
    this.store = store;
    this.stages = stages;
    this.metadata =
        new EntryMetadata(
            2 * rules.limits().maxStructuredMetadataEntriesCount() + 64,
            rules.limits().maxStructuredMetadataSize().bytes());
    this.rules = rules;
    this.rejections = rejections;
    this.tenant = tenant;
    this.nowNanos = nowNanos;
    this.streamRules = new StreamRules(rules.limits());
    this.entryRules = new EntryRules(rules.limits(), nowNanos);
  }

  /** Entries that have not been stored yet. */
  LogBatch batch() {
    return batch;
  }

  /** Entries that were dropped on purpose. */
  long dropped() {
    return dropped;
  }

  /** Stores what is left; how many entries there were in all. */
  long finish() {
    if (batch.entries() > 0) {
      handOver();
    }
    return stored;
  }

  private void handOver() {
    stored += batch.entries();
    store.accept(batch);
    batch = new LogBatch();
    added = 0;
    number = -1;
  }

  /** Makes room for what a body of this length will bring, which is a guess. */
  void expect(int bodyLength) {
    int lines = (int) Math.min(bodyLength, PartSize.BYTES);
    memory.cover(PartSize.memory(lines));
    batch.reserve(lines);
  }

  /** Pairs of structured metadata that one entry may have. */
  int metadataMax() {
    return rules.limits().maxStructuredMetadataEntriesCount();
  }

  /** When the request came. */
  long nowNanos() {
    return nowNanos;
  }

  /** Begins a stream. What is wrong with it is told when its first entry comes. */
  void stream(Map<String, String> sent) {
    number = -1;
    rejections.of(sent.getOrDefault(SERVICE_NAME, ""));
    refusal = streamRules.problem(sent);
    stream = Labels.EMPTY;
    streamLevel = null;
    if (!refusal.isEmpty()) {
      return;
    }
    List<String> names = rules.enrichment().discoverServiceName();
    Map<String, String> labels = sent;
    if (!names.isEmpty() && !sent.containsKey(SERVICE_NAME)) {
      labels = new TreeMap<>(sent);
      labels.put(SERVICE_NAME, serviceName(names, sent));
    }
    stream = Labels.of(stages == null ? labels : stages.stream(labels));
    rejections.of(stream.get(SERVICE_NAME));
    streamLevel = rules.levels().ofStream(stream.toMap());
    if (stream.isEmpty()) {
      refusal = "error at least one label pair is required per stream";
    }
  }

  /** Begins a stream of which nothing can be stored. */
  void wrongStream(String why) {
    number = -1;
    stream = Labels.EMPTY;
    streamLevel = null;
    refusal = why;
  }

  private static String serviceName(List<String> names, Map<String, String> labels) {
    for (String name : names) {
      String value = labels.getOrDefault(name, "");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return UNKNOWN_SERVICE;
  }

  /** The metadata of the entry that comes next, still that of the last one. */
  EntryMetadata metadata() {
    return metadata;
  }

  /** Adds an entry with metadata whose names are valid. */
  void entry(long time, byte[] lines, int from, int to, Map<String, String> structured) {
    metadata.clear();
    structured.forEach(metadata::set);
    entry(time, lines, from, to);
  }

  /** The text as UTF-8; halves of pairs become U+FFFD, as they do in Go. */
  static byte[] utf8(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return text.codePoints()
            .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
            .getBytes(StandardCharsets.UTF_8);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Counts an entry that could not be read. */
  void wrongEntry(String reason, String why) {
    rejections.add(reason, 1, why);
  }

  /** Adds an entry of the stream with the {@link #metadata}, or counts why not. */
  void entry(long time, byte[] lines, int from, int to) {
    if (!refusal.isEmpty()) {
      rejections.add("bad_stream", 1, refusal);
      return;
    }
    EntryRules.Problem problem = entryRules.problem(stream, time, to - from, metadata);
    if (problem != null) {
      rejections.add(problem.reason(), 1, problem.message());
      return;
    }
    if (stages == null) {
      cut(time, lines, from, to);
      return;
    }
    if (stages.drops(time, lines, from, to, metadata::labels)) {
      dropped++;
      return;
    }
    stages.moved().forEach(metadata::setIfAbsent);
    metadata.rewrite(stages::metadata);
    byte[] line = stages.line(lines, from, to);
    if (line == null) {
      cut(time, lines, from, to);
    } else {
      cut(time, line, 0, line.length);
    }
  }

  private void cut(long time, byte[] lines, int from, int to) {
    if (to - from > rules.limits().maxLineSize().bytes()) {
      byte[] cut = cut(Arrays.copyOfRange(lines, from, to));
      add(time, cut, 0, cut.length);
    } else {
      add(time, lines, from, to);
    }
  }

  private void add(long time, byte[] lines, int from, int to) {
    if (!rules.rates().take(tenant, stream, to - from, nowNanos)) {
      rejections.add(RATE_LIMITED, 1, rules.rates().message(stream, to - from, time));
      return;
    }
    if (rules.enrichment().discoverLogLevels() && metadata.value(DetectedLevel.LABEL) == null) {
      String level = streamLevel;
      metadata.set(
          DetectedLevel.LABEL,
          level == null ? rules.levels().of(metadata, lines, from, to) : level);
    }
    if (number < 0) {
      int max = rules.limits().maxGlobalStreamsPerUser();
      if (max > 0 && !active.has(stream)) {
        if (active.count() + added >= max) {
          if (!askedForRoom) {
            active.makeRoom();
            askedForRoom = true;
          }
          boolean never = addedInAll >= max;
          rejections.add(never ? STREAMS_OF_REQUEST : STREAM_LIMIT, 1, tooMany(max));
          return;
        }
        added++;
        addedInAll++;
      }
      number = batch.addStream(stream);
    }
    encoded.clear();
    metadata.put(encoded);
    batch.addEntry(number, time, lines, from, to - from, encoded);
    long held = batch.heldBytes();
    memory.cover(PartSize.memory(held));
    if (held >= PartSize.BYTES) {
      handOver();
    }
  }

  private String tooMany(int max) {
    return "maximum active stream limit exceeded when trying to create stream "
        + EntryRules.shown(stream)
        + ", reduce the number of active streams (reduce labels or reduce label values), or raise"
        + " log-limits.max-global-streams-per-user = "
        + max
        + ", user: '"
        + tenant.value()
        + "'";
  }

  /** What is known of a tenant's streams in memory. */
  interface Streams {
    int count();

    boolean has(Labels stream);

    /** The limit was met: those that do not go on are to leave. */
    void makeRoom();
  }

  /** A line that is too long and came this far, cut between characters where it has any. */
  private byte[] cut(byte[] line) {
    int most = (int) rules.limits().maxLineSize().bytes();
    byte[] end = utf8(rules.limits().maxLineSizeTruncateIdentifier());
    int length = Math.max(0, most - end.length);
    int back = length;
    while (back > 0 && length - back < 4 && (line[back] & 0xc0) == 0x80) {
      back--;
    }
    length = (line[back] & 0xc0) == 0x80 ? length : back;
    byte[] kept = Arrays.copyOf(line, Math.min(most, length + end.length));
    System.arraycopy(end, 0, kept, length, kept.length - length);
    return kept;
  }
}
