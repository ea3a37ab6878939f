package io.trilith.query.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.Admission;
import io.trilith.net.GrpcHandler;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.net.Snappy;
import io.trilith.net.identity.Access;
import io.trilith.net.wire.ProtoReader;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.promql.PromqlEngine;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class PrometheusApiTest {
  private final Map<String, HttpHandler> handlers = new HashMap<>();

  PrometheusApiTest() {
    PromqlEngine engine = new PromqlEngine(250, 300_000, 60_000);
    InstantSource clock = InstantSource.fixed(Instant.ofEpochSecond(100));
    Admission admission =
        new Admission(
            new Admission.Limits(2, 1000, 1000, 1_000_000, Duration.ofSeconds(10)),
            new MemoryShare("query.memory-max", "the queries running now", 1 << 24),
            clock);
    ServerFacts facts =
        new ServerFacts(
            "1.2.3",
            Instant.EPOCH,
            new TreeMap<>(Map.of("query.points-max", "11000", "server.listen", "\"x\"")),
            Duration.ofDays(15));
    new PrometheusApi(_ -> new OneSeries(), engine, clock, admission, 11_000, facts)
        .register(new RecordedRoutes(handlers));
  }

  private record Answer(int status, String body) {}

  private Answer get(String path, String... parameters) {
    return get(path, Map.of(), parameters);
  }

  private Answer get(String path, Map<String, String> variables, String... parameters) {
    Map<String, List<String>> map = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      map.put(parameters[i], List.of(parameters[i + 1]));
    }
    try {
      HttpAnswer answer =
          Objects.requireNonNull(handlers.get(path))
              .handle(new FakeRequest(path, variables, map, new byte[0]));
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      switch (answer) {
        case HttpAnswer.Whole whole -> bytes.writeBytes(whole.body());
        case HttpAnswer.Streamed streamed -> streamed.body().writeTo(bytes);
        case HttpAnswer.Upgrade _ -> throw new AssertionError("an upgrade");
      }
      return new Answer(answer.status(), bytes.toString(StandardCharsets.UTF_8));
    } catch (Exception e) {
      throw new AssertionError(path, e);
    }
  }

  @Test
  void answersTheHealthCheck() {
    assertThat(get("/api/v1/query", "query", "1+1", "time", "4"))
        .isEqualTo(
            new Answer(
                200,
                "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[4,\"2\"]}}"));
  }

  @Test
  void writesVectorsMatricesAndHistograms() {
    assertThat(get("/api/v1/query", "query", "up", "time", "1.781").body())
        .contains(
            "\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\"value\":[1.781,\"1\"]}]");
    assertThat(
            get(
                    "/prometheus/api/v1/query_range",
                    "query",
                    "up",
                    "start",
                    "-1",
                    "end",
                    "1",
                    "step",
                    "1s")
                .body())
        .contains("\"resultType\":\"matrix\"", "\"values\":[[0,\"1\"],[1,\"1\"]]");
    assertThat(get("/api/v1/query", "query", "up", "time", "20").body())
        .contains(
            "\"histogram\":[20,{\"count\":\"4\",\"sum\":\"5\",\"buckets\":[[0,\"0.5\",\"1\",\"1\"],"
                + "[0,\"1\",\"2\",\"3\"]]}]");
    assertThat(get("/api/v1/query", "query", "up[5m]", "time", "15").body())
        .contains("\"values\":[[0,\"1\"]],\"histograms\":[[10,");
  }

  @Test
  void carriesAnnotationsAndStats() {
    assertThat(get("/api/v1/query", "query", "rate(up[1m])", "time", "20").body())
        .contains("\"warnings\":[\"PromQL warning: encountered a mix of histograms and floats");
    assertThat(get("/api/v1/query", "query", "up", "time", "1", "stats", "all").body())
        .contains(
            "\"totalQueryableSamplesPerStep\":[[1,1]],\"totalQueryableSamples\":1",
            "\"peakSamples\":");
    assertThat(get("/api/v1/query", "query", "up", "time", "1", "stats", "1").body())
        .contains("\"samples\":{\"totalQueryableSamples\":1")
        .doesNotContain("trilith");
    assertThat(get("/api/v1/query", "query", "sum(up)", "time", "1", "stats", "operators").body())
        .contains(
            "\"trilith\":{\"seriesSelected\":",
            "\"operators\":[{\"number\":1,\"parent\":0,\"operator\":\"sum\",\"mode\":\"folds\"",
            "\"operator\":\"select\",\"mode\":\"reads\",\"details\":\"up\",\"seconds\":0.");
  }

  @Test
  void explainsInsteadOfEvaluating() {
    assertThat(get("/api/v1/query", "query", "sum(up)", "explain", "true").body())
        .isEqualTo(
            "{\"status\":\"success\",\"data\":{\"text\":\"#1 sum  [folds]\\n"
                + "  #2 select  [reads]  up\\n\",\"operators\":["
                + "{\"number\":1,\"parent\":0,\"operator\":\"sum\",\"mode\":\"folds\",\"details\":\"\"},"
                + "{\"number\":2,\"parent\":1,\"operator\":\"select\",\"mode\":\"reads\","
                + "\"details\":\"up\"}]}}");
    assertThat(get("/api/v1/query", "query", "sum(", "explain", "true").status()).isEqualTo(400);
  }

  @Test
  void wrapsErrorsInTheEnvelope() {
    Answer parse = get("/api/v1/query", "query", "sum(");
    assertThat(parse.status()).isEqualTo(400);
    assertThat(parse.body()).contains("\"errorType\":\"bad_data\"", "1:5: parse error: ");
    Answer execution = get("/api/v1/query", "query", "topk(NaN, up)", "time", "0");
    assertThat(execution.status()).isEqualTo(422);
    assertThat(execution.body()).contains("\"errorType\":\"execution\"");
    assertThat(get("/api/v1/query").status()).isEqualTo(400);
    assertThat(get("/api/v1/query", "query", "up", "time", "never").status()).isEqualTo(400);
    assertThat(
            get("/api/v1/query_range", "query", "up", "start", "0", "end", "11001", "step", "1")
                .body())
        .contains("exceeded maximum resolution of 11000 points");
    assertThat(get("/api/v1/series").body()).contains("no match[] parameter provided");
  }

  @Test
  void survivesTimesInMilliseconds() {
    assertThat(
            get(
                "/api/v1/query_exemplars",
                "query",
                "test",
                "start",
                "1700000000000",
                "end",
                "1700000600000"))
        .isEqualTo(new Answer(200, "{\"status\":\"success\",\"data\":[]}"));
    assertThat(get("/api/v1/query", "query", "up", "time", "1e300").status()).isEqualTo(200);
    assertThat(get("/api/v1/query", "query", "up", "time", "2026-01-01T00:00:00.5Z").status())
        .isEqualTo(200);
  }

  @Test
  void listsLabelsAndMetadata() {
    assertThat(get("/api/v1/labels", "match[]", "{__name__=~\".+\",}", "limit", "1").body())
        .isEqualTo(
            "{\"status\":\"success\",\"data\":[\"__name__\"],"
                + "\"warnings\":[\"results truncated due to limit\"]}");
    assertThat(get("/api/v1/label/{name}/values", Map.of("name", "U__http_2e_status__x")).body())
        .isEqualTo("{\"status\":\"success\",\"data\":[\"http.status_x\"]}");
    assertThat(get("/api/v1/metadata", "limit", "0").body())
        .isEqualTo(
            "{\"status\":\"success\",\"data\":{\"up\":[{\"type\":\"gauge\",\"help\":\"h\",\"unit\":\"\"}]}}");
    assertThat(get("/api/v1/series", "match[]", "up").body())
        .isEqualTo("{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"job\":\"a\"}]}");
  }

  @Test
  void tellsWhatItIs() {
    assertThat(get("/api/v1/status/buildinfo").body())
        .contains("\"version\":\"1.2.3\"")
        .contains("\"features\":{\"ruler_config_api\":\"true\"}");
    assertThat(get("/api/v1/format_query", "query", "sum(x)by(a)").body())
        .contains("\"sum by (a) (x)\"");
  }

  @Test
  void saysWhatIsInForce() {
    assertThat(get("/api/v1/status/config").body())
        .isEqualTo(
            "{\"status\":\"success\",\"data\":{\"yaml\":\"query:\\n  points-max: \\\"11000\\\"\\n"
                + "server:\\n  listen: \\\"\\\\\\\"x\\\\\\\"\\\"\\n\"}}");
    assertThat(get("/api/v1/status/flags").body()).contains("\"query.points-max\":\"11000\"");
    assertThat(get("/api/v1/status/runtimeinfo").body())
        .contains("\"storageRetention\":\"15d\"", "\"serverTime\":\"1970-01-01T00:01:40Z\"");
    assertThat(get("/api/v1/features").body())
        .contains("\"rate\":true", "\"fill_left\":true", "\"lifecycle\":false");
    assertThat(get("/api/v1/targets").body())
        .contains("\"activeTargets\":[]", "\"droppedTargetCounts\":{}");
  }

  @Test
  void showsTheTreeOfAQuery() {
    assertThat(
            get("/api/v1/parse_query", "query", "-sum by (a) (rate(x{b=~\"c\"}[5m] offset 1m))")
                .body())
        .isEqualTo(
            "{\"status\":\"success\",\"data\":{\"type\":\"unaryExpr\",\"op\":\"-\",\"expr\":"
                + "{\"type\":\"aggregation\",\"op\":\"sum\",\"expr\":{\"type\":\"call\",\"func\":"
                + "{\"name\":\"rate\",\"argTypes\":[\"matrix\"],\"variadic\":0,\"returnType\":\"vector\"},"
                + "\"args\":[{\"type\":\"matrixSelector\",\"range\":300000,\"name\":\"x\",\"matchers\":["
                + "{\"name\":\"__name__\",\"value\":\"x\",\"type\":\"=\"},"
                + "{\"name\":\"b\",\"value\":\"c\",\"type\":\"=~\"}],"
                + "\"anchored\":false,\"smoothed\":false,\"offset\":60000,\"timestamp\":null,"
                + "\"startOrEnd\":null}]},\"param\":null,\"grouping\":[\"a\"],\"without\":false}}}");
    assertThat(get("/api/v1/parse_query", "query", "a * on (b) group_left (c) d @ end()").body())
        .contains(
            "\"matching\":{\"card\":\"many-to-one\",\"labels\":[\"b\"],\"on\":true,"
                + "\"include\":[\"c\"],\"fillValues\":{\"lhs\":null,\"rhs\":null}},\"bool\":false",
            "\"startOrEnd\":\"end\"");
    assertThat(get("/api/v1/parse_query", "query", "1 > bool 2").body())
        .contains("\"matching\":null,\"bool\":true");
    assertThat(get("/api/v1/parse_query", "query", "sum(").status()).isEqualTo(400);
  }

  @Test
  void warnsWhenAListIsCut() {
    assertThat(get("/api/v1/labels", "limit", "2").body()).doesNotContain("warnings");
    assertThat(get("/api/v1/labels", "limit", "1").body())
        .endsWith("\"warnings\":[\"results truncated due to limit\"]}");
  }

  /** A remote read of {@code up} over all times; response types are those accepted. */
  private byte[] remoteRead(int... accepted) throws Exception {
    ProtoWriter message = new ProtoWriter();
    int query = message.begin(1);
    message.varint(1, -1000).varint(2, 20_000);
    int matcher = message.begin(3);
    message.varint(1, 0).string(2, "__name__").string(3, "up").end(matcher);
    message.end(query);
    for (int type : accepted) {
      message.varint(2, type);
    }
    HttpAnswer answer =
        Objects.requireNonNull(handlers.get("/api/v1/read"))
            .handle(
                new FakeRequest(
                    "/api/v1/read", Map.of(), Map.of(), Snappy.encode(message.toBytes())));
    return switch (answer) {
      case HttpAnswer.Whole whole -> new Snappy(1 << 20).decode(whole.body());
      case HttpAnswer.Streamed streamed -> {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        streamed.body().writeTo(out);
        yield out.toByteArray();
      }
      case HttpAnswer.Upgrade _ -> throw new AssertionError("an upgrade");
    };
  }

  @Test
  void answersRemoteReadWithSamples() throws Exception {
    ProtoReader answer = new ProtoReader(remoteRead());
    assertThat(answer.next()).isEqualTo(1);
    ProtoReader result = answer.message();
    assertThat(result.next()).isEqualTo(1);
    ProtoReader series = result.message();
    StringBuilder seen = new StringBuilder();
    for (int field = series.next(); field != 0; field = series.next()) {
      ProtoReader nested = series.message();
      seen.append(field).append(':');
      for (int inner = nested.next(); inner != 0; inner = nested.next()) {
        switch (field * 100 + inner) {
          case 101, 102 -> seen.append(nested.string("label"));
          case 201, 403 -> seen.append(nested.float64());
          case 202, 401, 415 -> seen.append('@').append(nested.varint());
          default -> nested.skip();
        }
        seen.append(' ');
      }
    }
    assertThat(seen.toString().replace("  ", " ").replace("  ", " ").replace("  ", " "))
        .isEqualTo("1:__name__ up 1:job a 2:1.0 @0 4:@4 5.0 @10000 ");
  }

  @Test
  void streamsRemoteReadInChunksToWhoPrefersThem() throws Exception {
    ByteBuffer answer = ByteBuffer.wrap(remoteRead(1, 0));
    byte[] message = new byte[answer.get()];
    int checksum = answer.getInt();
    answer.get(message);
    assertThat(answer.hasRemaining()).isFalse();
    CRC32C crc = new CRC32C();
    crc.update(message);
    assertThat((int) crc.getValue()).isEqualTo(checksum);
    ProtoReader frame = new ProtoReader(message);
    assertThat(frame.next()).isEqualTo(1);
    ProtoReader series = frame.message();
    List<Integer> fields = new ArrayList<>();
    for (int field = series.next(); field != 0; field = series.next()) {
      fields.add(field);
      series.skip();
    }
    assertThat(fields).containsExactly(1, 1, 2, 2);
  }

  @Test
  void federatesTheNewestSamples() {
    assertThat(get("/federate", "match[]", "up").body()).isEmpty();
    assertThat(get("/federate").body()).contains("no match[] parameter provided");
  }

  /** The series {@code up}: a float at 0, a histogram at 10 s. */
  private static final class OneSeries implements SeriesReader {
    private static final Labels UP = Labels.of("__name__", "up", "job", "a");

    @Override
    public SeriesSet select(
        List<Matcher> matchers, long minMillis, long maxMillis, LongConsumer charge) {
      boolean found = matchers.stream().allMatch(matcher -> matcher.matches(UP));
      return new SeriesSet() {
        @Override
        public int size() {
          return found ? 1 : 0;
        }

        @Override
        public Labels labels(int series) {
          return UP;
        }

        @Override
        public void read(int series, long min, long max, SampleBuffer into) {
          into.clear();
          if (min <= 0 && max >= 0) {
            into.add(0, 1);
          }
          if (min <= 10_000 && max >= 10_000) {
            into.add(10_000, histogram());
          }
        }
      };
    }

    private static NativeHistogram histogram() {
      return new NativeHistogram(
          0,
          NativeHistogram.ResetHint.UNKNOWN,
          true,
          0,
          0,
          4,
          5,
          new int[] {0},
          new int[] {2},
          new double[] {1, 3},
          new int[0],
          new int[0],
          new double[0],
          new double[0]);
    }

    @Override
    public List<Labels> series(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return List.of(UP);
    }

    @Override
    public SortedSet<String> labelNames(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return new TreeSet<>(List.of("__name__", "job"));
    }

    @Override
    public SortedSet<String> labelValues(
        String name,
        List<List<Matcher>> selectors,
        long minMillis,
        long maxMillis,
        LongConsumer charge) {
      return new TreeSet<>(List.of(name));
    }

    @Override
    public Map<Labels, List<Exemplar>> exemplars(
        List<List<Matcher>> selectors, long minMillis, long maxMillis, LongConsumer charge) {
      return Map.of();
    }

    @Override
    public Map<String, MetricMetadata> metadata() {
      return Map.of("up", new MetricMetadata(MetricMetadata.Type.GAUGE, "", "h"));
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record FakeRequest(
      String path, Map<String, String> variables, Map<String, List<String>> parameters, byte[] body)
      implements HttpRequest {
    @Override
    public String method() {
      return body.length == 0 ? "GET" : "POST";
    }

    @Override
    public TenantId tenant() {
      return TenantId.ANONYMOUS;
    }

    @Override
    public String pathVariable(String name) {
      return variables.getOrDefault(name, "");
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.empty();
    }

    @Override
    public List<String> parameters(String name) {
      return parameters.getOrDefault(name, List.of());
    }

    @Override
    public String contentType() {
      return "";
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }

  private record RecordedRoutes(Map<String, HttpHandler> handlers) implements Routes, ScopedRoutes {
    @Override
    public ScopedRoutes allowing(Access access) {
      return this;
    }

    @Override
    public ScopedRoutes get(String pattern, HttpHandler handler) {
      handlers.put(pattern, handler);
      return this;
    }

    @Override
    public ScopedRoutes post(String pattern, HttpHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes read(String pattern, HttpHandler handler) {
      return get(pattern, handler);
    }

    @Override
    public ScopedRoutes put(String pattern, HttpHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes delete(String pattern, HttpHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes blocks() {
      return this;
    }

    @Override
    public ScopedRoutes open() {
      return this;
    }

    @Override
    public ScopedRoutes writes() {
      return this;
    }

    @Override
    public ScopedRoutes serverStream(String method, GrpcStreamHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes unary(String method, GrpcHandler handler) {
      return this;
    }
  }
}
