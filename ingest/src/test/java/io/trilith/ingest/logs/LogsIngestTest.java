package io.trilith.ingest.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ConfigReader;
import io.trilith.config.LogIngestConfig;
import io.trilith.config.LogLimitsConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpAttributes;
import io.trilith.logstore.LogBatch;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is added to entries, what is refused, and that the rest of a request is kept. */
class LogsIngestTest {
  private static final long SECOND = 1_000_000_000L;

  /** The three ways in. */
  enum Wire {
    JSON,
    PROTOBUF,
    OTLP
  }

  /** An entry to send. */
  private record Sent(long time, String line, Map<String, String> metadata) {
    Sent(long time, String line) {
      this(time, line, Map.of());
    }
  }

  private final Rejections rejections = new Rejections();
  private LogIngestConfig enrichment = LogIngestConfig.defaults();
  private LogLimitsConfig limits = LogLimitsConfig.defaults();

  private static TrilithConfig config(String section, String... keysAndValues) {
    List<String> sets = new ArrayList<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      sets.add(section + "." + keysAndValues[i] + "=" + keysAndValues[i + 1]);
    }
    return new ConfigReader(Map.of()).read(null, sets);
  }

  private static LogLimitsConfig limits(String... keysAndValues) {
    return config("log-limits", keysAndValues).logLimits();
  }

  private static LogIngestConfig enrichment(String... keysAndValues) {
    return config("log-ingest", keysAndValues).logIngest();
  }

  private static void attribute(ProtoWriter out, int field, String name, String value) {
    int pair = out.begin(field);
    out.string(1, name);
    int any = out.begin(2);
    out.string(1, value);
    out.end(any);
    out.end(pair);
  }

  private static byte[] otlp(Map<String, String> resource, List<Sent> entries) {
    ProtoWriter out = new ProtoWriter();
    int resourceLogs = out.begin(1);
    int attributes = out.begin(1);
    resource.forEach((name, value) -> attribute(out, 1, name, value));
    out.end(attributes);
    int scopeLogs = out.begin(2);
    int scope = out.begin(1);
    attribute(out, 3, "scope.a", "s");
    out.end(scope);
    for (Sent sent : entries) {
      int entry = out.begin(2);
      out.fixed64(1, sent.time());
      int body = out.begin(5);
      out.string(1, sent.line());
      out.end(body);
      sent.metadata().forEach((name, value) -> attribute(out, 6, name, value));
      out.end(entry);
    }
    out.end(scopeLogs);
    out.end(resourceLogs);
    return out.toBytes();
  }

  private static byte[] protobuf(Map<String, String> labels, List<Sent> entries) {
    ProtoWriter out = new ProtoWriter();
    int stream = out.begin(1);
    List<String> pairs = new ArrayList<>();
    labels.forEach((name, value) -> pairs.add(name + "=\"" + value + "\""));
    out.string(1, "{" + String.join(",", pairs) + "}");
    for (Sent sent : entries) {
      int entry = out.begin(2);
      int time = out.begin(1);
      out.varint(1, sent.time() / SECOND).varint(2, sent.time() % SECOND);
      out.end(time);
      out.string(2, sent.line());
      sent.metadata()
          .forEach(
              (name, value) -> {
                int pair = out.begin(3);
                out.string(1, name).string(2, value);
                out.end(pair);
              });
      out.end(entry);
    }
    out.end(stream);
    return out.toBytes();
  }

  private static String object(Map<String, String> pairs) {
    List<String> texts = new ArrayList<>();
    pairs.forEach((name, value) -> texts.add("\"" + name + "\":\"" + value + "\""));
    return "{" + String.join(",", texts) + "}";
  }

  private static byte[] json(Map<String, String> labels, List<Sent> entries) {
    List<String> values = new ArrayList<>();
    for (Sent sent : entries) {
      values.add(
          "[\"" + sent.time() + "\",\"" + sent.line() + "\"," + object(sent.metadata()) + "]");
    }
    return ("{\"streams\":[{\"stream\":"
            + object(labels)
            + ",\"values\":["
            + String.join(",", values)
            + "]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private LogBatch send(Wire wire, Map<String, String> labels, List<Sent> entries) {
    LogCollector collector = LogTests.collector(rejections, enrichment, limits);
    switch (wire) {
      case JSON -> new PushDecoder(collector, Booking.unlimited()).json(json(labels, entries));
      case PROTOBUF ->
          new PushDecoder(collector, Booking.unlimited()).protobuf(protobuf(labels, entries));
      case OTLP -> otlp(collector, otlp(labels, entries));
    }
    return collector.batch();
  }

  private void otlp(LogCollector collector, byte[] message) {
    OtlpAttributes attributes =
        new OtlpAttributes(limits.attributeDepthMax(), "k", Booking.unlimited());
    new OtlpLogsDecoder(attributes, new OtlpLabelRules(enrichment), collector).decode(message);
  }

  private static String line(LogBatch batch, int entry) {
    return new String(
        batch.lines(),
        batch.lineStart(entry),
        batch.lineEnd(entry) - batch.lineStart(entry),
        StandardCharsets.UTF_8);
  }

  /** Sends a thousand entries of which one is wrong. */
  private String oneIsRefused(Wire wire, Sent wrong) {
    List<Sent> entries = new ArrayList<>();
    for (int i = 0; i < 999; i++) {
      entries.add(new Sent(LogTests.NOW - i, "line " + i));
    }
    entries.add(500, wrong);
    LogBatch batch = send(wire, Map.of("app", "a"), entries);
    assertThat(batch.entries()).isEqualTo(999);
    for (int i = 0; i < 999; i++) {
      assertThat(line(batch, i)).isEqualTo("line " + i);
    }
    assertThat(rejections.total()).isEqualTo(1);
    return rejections.message();
  }

  @ParameterizedTest
  @EnumSource
  void aLineThatIsTooLongIsNamedAndTheOthersAreKept(Wire wire) {
    limits = limits("max-line-size", "100B");
    assertThat(oneIsRefused(wire, new Sent(LogTests.NOW, "x".repeat(101))))
        .startsWith("max entry size '100' bytes exceeded for stream '{")
        .contains(
            "while adding an entry with length '101' bytes and timestamp 2026-11-20T18:00:00Z");
  }

  @ParameterizedTest
  @EnumSource
  void tooMuchMetadataIsNamedAndTheOthersAreKept(Wire wire) {
    limits = limits("max-structured-metadata-size", "60B");
    assertThat(oneIsRefused(wire, new Sent(LogTests.NOW, "x", Map.of("k", "é".repeat(30)))))
        .contains("has structured metadata too large: '")
        .contains("bytes, limit: '60' bytes");
  }

  @ParameterizedTest
  @EnumSource
  void tooManyMetadataAreNamedAndTheOthersAreKept(Wire wire) {
    limits = limits("max-structured-metadata-entries-count", "2");
    Sent wrong = new Sent(LogTests.NOW, "x", Map.of("a", "1", "b", "1", "c", "1"));
    assertThat(oneIsRefused(wire, wrong)).contains("has too many structured metadata labels: '");
  }

  @ParameterizedTest
  @EnumSource
  void oldAndFutureEntriesAreRefusedWhenThatIsWanted(Wire wire) {
    limits = limits("reject-old-samples", "true", "creation-grace-period", "10m");
    long week = 7 * 86_400 * SECOND;
    assertThat(oneIsRefused(wire, new Sent(LogTests.NOW - week - 1, "x")))
        .contains("has timestamp too old: 2026-11-13T17:59:59.999999999Z")
        .contains("oldest acceptable timestamp is: 2026-11-13T18:00:00Z");
    assertThat(
            send(wire, Map.of("app", "a"), List.of(new Sent(LogTests.NOW - week, "x"))).entries())
        .isEqualTo(1);
    long ahead = LogTests.NOW + 600 * SECOND;
    assertThat(send(wire, Map.of("app", "a"), List.of(new Sent(ahead, "x"))).entries())
        .isEqualTo(1);
    assertThat(send(wire, Map.of("app", "a"), List.of(new Sent(ahead + 1, "x"))).entries())
        .isZero();
    assertThat(rejections.count("too_far_in_future")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void linesAreCutBetweenCharactersWhenThatIsWanted(Wire wire) {
    limits =
        limits(
            "max-line-size", "10B",
            "max-line-size-truncate", "true",
            "max-line-size-truncate-identifier", "...");
    List<Sent> sent =
        List.of(
            new Sent(1, "0123456789"), new Sent(2, "0123456789x"), new Sent(3, "012345éx x x x"));
    LogBatch batch = send(wire, Map.of("app", "a"), sent);
    assertThat(rejections.isEmpty()).isTrue();
    assertThat(line(batch, 0)).isEqualTo("0123456789");
    assertThat(line(batch, 1)).isEqualTo("0123456...");
    assertThat(line(batch, 2)).isEqualTo("012345...");
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON", "PROTOBUF"})
  void labelsOfAStreamHaveLimits(Wire wire) {
    limits =
        limits(
            "max-label-names-per-series", "2",
            "max-label-name-length", "5",
            "max-label-value-length", "6");
    List<Sent> entries = List.of(new Sent(1, "x"), new Sent(2, "y"));
    send(wire, Map.of("a", "1", "b", "2", "c", "3"), entries);
    assertThat(rejections.message())
        .startsWith("entry for stream '{")
        .contains("has 3 label names; limit 2 ")
        .endsWith("(2 items refused)");
    send(wire, Map.of("abcdef", "1"), entries);
    send(wire, Map.of("a", "ééé!"), entries);
    assertThat(rejections.count("bad_stream")).isEqualTo(6);
    assertThat(send(wire, Map.of("abcde", "ééé"), entries).entries()).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource
  void aStreamThatBringsTooMuchIsSlowedDown(Wire wire) {
    limits =
        limits(
            "max-line-size",
            "10B",
            "per-stream-rate-limit",
            "1B",
            "per-stream-rate-limit-burst",
            "10B");
    LogCollector.Rules rules = LogCollector.Rules.of(enrichment, limits);
    List<Sent> sent = List.of(new Sent(1, "12345"), new Sent(2, "123456"), new Sent(3, "12345"));
    byte[] push = protobuf(Map.of("app", wire.name()), sent);
    LogCollector first = collector(rules, 0);
    new PushDecoder(first, Booking.unlimited()).protobuf(push);
    assertThat(first.batch().entries()).isEqualTo(2);
    assertThat(rejections.count(LogCollector.RATE_LIMITED)).isEqualTo(1);
    assertThat(rejections.message()).startsWith("Per stream rate limit exceeded (limit: 1B/sec)");
    LogCollector later = collector(rules, 5 * SECOND);
    new PushDecoder(later, Booking.unlimited()).protobuf(push);
    assertThat(later.batch().entries()).isEqualTo(1);
  }

  @Test
  void aRequestThatAloneHasTooManyStreamsIsNotAskedToComeAgain() {
    limits = limits("max-global-streams-per-user", "2");
    LogCollector collector = LogTests.collector(rejections, enrichment, limits);
    StringBuilder streams = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      streams.append(i == 0 ? "" : ",").append("{\"stream\":{\"app\":\"a").append(i);
      streams.append("\"},\"values\":[[\"").append(LogTests.NOW).append("\",\"x\"]]}");
    }
    byte[] body = ("{\"streams\":[" + streams + "]}").getBytes(StandardCharsets.UTF_8);
    new PushDecoder(collector, Booking.unlimited()).json(body);
    assertThat(collector.batch().entries()).isEqualTo(2);
    assertThat(rejections.count(LogCollector.STREAMS_OF_REQUEST)).isEqualTo(1);
    assertThat(rejections.count(LogCollector.STREAM_LIMIT)).isZero();
    assertThat(rejections.message()).contains("log-limits.max-global-streams-per-user = 2");
  }

  private LogCollector collector(LogCollector.Rules rules, long after) {
    return new LogCollector(
        rules,
        rejections,
        TenantId.ANONYMOUS,
        LogTests.NOW + after,
        Booking.unlimited(),
        LogTests.NO_STREAMS,
        null,
        _ -> {});
  }

  @ParameterizedTest
  @EnumSource
  void enrichmentFollowsItsKeys(Wire wire) {
    List<Sent> entries = List.of(new Sent(1, "ERROR x"));
    Map<String, String> labels =
        wire == Wire.OTLP
            ? Map.of("k8s.pod.name", "p", "container.name", "c")
            : Map.of("pod", "p", "container_name", "c");
    LogBatch batch = send(wire, labels, entries);
    assertThat(batch.streams().get(0).get("service_name")).isEqualTo("c");
    assertThat(batch.metadata(0).get("detected_level")).isEqualTo("error");
    enrichment =
        enrichment("discover-service-name", "pod, k8s_pod_name", "discover-log-levels", "false");
    batch = send(wire, labels, entries);
    assertThat(batch.streams().get(0).get("service_name")).isEqualTo("p");
    assertThat(batch.metadata(0).has("detected_level")).isFalse();
    enrichment = enrichment("discover-service-name", "", "log-level-fields", "sev");
    batch = send(wire, labels, List.of(new Sent(1, "level=info sev=fatal")));
    assertThat(batch.streams().get(0).has("service_name")).isFalse();
    assertThat(batch.metadata(0).get("detected_level")).isEqualTo("fatal");
  }

  @Test
  void resourceAttributesGoWhereTheKeysSay() {
    Map<String, String> resource =
        Map.of("service.name", "s", "k8s.pod.name", "p", "host.name", "h", "secret.a", "x");
    Sent sent = new Sent(5, "x", Map.of("http.method", "GET", "http.secret", "y"));
    LogBatch batch = send(Wire.OTLP, resource, List.of(sent));
    assertThat(batch.streams())
        .containsExactly(Labels.of("k8s_pod_name", "p", "service_name", "s"));
    assertThat(batch.metadata(0).toMap())
        .containsEntry("host_name", "h")
        .containsEntry("secret_a", "x")
        .containsEntry("scope_a", "s")
        .containsEntry("http_secret", "y");
    enrichment =
        enrichment(
            "otlp-index-labels", "service.name,k8s.*,host.*",
            "otlp-structured-metadata", "k8s.pod.name",
            "otlp-drop-resource-attributes", "secret.*",
            "otlp-drop-scope-attributes", "scope.a",
            "otlp-drop-log-attributes", "http.secret");
    batch = send(Wire.OTLP, resource, List.of(sent));
    assertThat(batch.streams()).containsExactly(Labels.of("host_name", "h", "service_name", "s"));
    assertThat(batch.metadata(0))
        .isEqualTo(
            Labels.of("detected_level", "unknown", "http_method", "GET", "k8s_pod_name", "p"));
  }

  @Test
  void severityTextMayBeALabel() {
    enrichment = enrichment("otlp-severity-text-as-label", "true");
    ProtoWriter out = new ProtoWriter();
    int resourceLogs = out.begin(1);
    int scopeLogs = out.begin(2);
    for (String severity : List.of("INFO", "", "INFO", "WARN")) {
      int entry = out.begin(2);
      out.fixed64(1, 7).string(3, severity);
      out.end(entry);
    }
    out.end(scopeLogs);
    out.end(resourceLogs);
    LogCollector collector = LogTests.collector(rejections, enrichment, limits);
    otlp(collector, out.toBytes());
    LogBatch batch = collector.batch();
    List<String> found = new ArrayList<>();
    for (int i = 0; i < batch.entries(); i++) {
      found.add(batch.streams().get(batch.stream(i)).get("severity_text"));
    }
    assertThat(found).containsExactly("INFO", "", "INFO", "WARN");
  }

  @Test
  void aRecordNestedTooDeepIsNamedAndTheOthersAreKept() {
    ProtoWriter out = new ProtoWriter();
    int resourceLogs = out.begin(1);
    int scopeLogs = out.begin(2);
    for (int depth : new int[] {1, 40, 3}) {
      int entry = out.begin(2);
      out.fixed64(1, depth);
      int[] open = new int[2 * depth + 1];
      open[0] = out.begin(5);
      for (int i = 0; i < depth; i++) {
        open[2 * i + 1] = out.begin(5);
        open[2 * i + 2] = out.begin(1);
      }
      for (int i = open.length - 1; i >= 0; i--) {
        out.end(open[i]);
      }
      out.end(entry);
    }
    out.end(scopeLogs);
    out.end(resourceLogs);
    LogCollector collector = LogTests.collector(rejections);
    otlp(collector, out.toBytes());
    assertThat(collector.batch().entries()).isEqualTo(2);
    assertThat(rejections.total()).isEqualTo(1);
    assertThat(rejections.message()).contains("the log record at byte").contains("nested deeper");
  }

  @Test
  void anOtlpBodyOfAnyBytesIsTheLine() {
    byte[] bytes = {0, (byte) 0xff, 'a', (byte) 0xc3, '\r', '\n'};
    ProtoWriter out = new ProtoWriter();
    int resourceLogs = out.begin(1);
    int scopeLogs = out.begin(2);
    int entry = out.begin(2);
    int body = out.begin(5);
    out.bytes(1, bytes);
    out.end(body);
    out.end(entry);
    out.end(scopeLogs);
    out.end(resourceLogs);
    LogCollector collector = LogTests.collector(rejections);
    otlp(collector, out.toBytes());
    LogBatch batch = collector.batch();
    assertThat(Arrays.copyOfRange(batch.lines(), 0, batch.lineEnd(0))).isEqualTo(bytes);
    assertThat(batch.time(0)).isEqualTo(LogTests.NOW);
  }

  @Test
  void halvesOfPairsBecomeReplacementCharacters() {
    assertThat(LogCollector.utf8("a\ud800b\ud83d\ude00"))
        .isEqualTo("a\ufffdb\ud83d\ude00".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void wrongPartsOfAJsonPushAreCountedOneByOne() {
    String push =
        "{\"streams\":[{\"stream\":{\"a\":\"b\"},\"values\":[[\"1\",\"x\"],7,[\"2\",\"y\"],{\"a\":[1]}]},"
            + "{\"stream\":{\"a\":5},\"values\":[[\"1\",\"x\"]]},"
            + "{\"stream\":{\"a\":\"c\"},\"values\":[[\"1\",\"x\"]]}]}";
    LogCollector collector = LogTests.collector(rejections);
    new PushDecoder(collector, Booking.unlimited()).json(push.getBytes(StandardCharsets.UTF_8));
    assertThat(collector.batch().entries()).isEqualTo(3);
    assertThat(rejections.total()).isEqualTo(3);
    assertThat(rejections.message()).contains("an entry is not an array (line 1, column 53)");
  }

  @Test
  void aProtobufTimestampThatFitsNowhereIsNamedAndTheOthersAreKept() {
    ProtoWriter out = new ProtoWriter();
    int stream = out.begin(1);
    out.string(1, "{a=\"b\"}");
    for (long seconds : new long[] {1, Long.MAX_VALUE, 2}) {
      int entry = out.begin(2);
      int time = out.begin(1);
      out.varint(1, seconds);
      out.end(time);
      out.end(entry);
    }
    out.end(stream);
    LogCollector collector = LogTests.collector(rejections);
    new PushDecoder(collector, Booking.unlimited()).protobuf(out.toBytes());
    assertThat(collector.batch().entries()).isEqualTo(2);
    assertThat(rejections.message()).contains("the timestamp of the entry at byte");
  }

  @Test
  void keysThatContradictEachOtherStopTheStart() {
    assertThatThrownBy(
            () -> enrichment("otlp-index-labels", "a", "otlp-drop-resource-attributes", "a"))
        .hasMessageContaining("log-ingest.otlp-index-labels");
    assertThatThrownBy(() -> enrichment("otlp-drop-log-attributes", "a*b"))
        .hasMessageContaining("log-ingest.otlp-drop-log-attributes");
    assertThatThrownBy(() -> limits("max-label-name-length", "0"))
        .hasMessageContaining("log-limits.max-label-name-length");
    assertThat(limits.maxLabelNamesPerSeries()).isEqualTo(15);
  }
}
