package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import io.trilith.config.ConfigReader;
import io.trilith.server.TrilithServer;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.flush.QuarantinedBlocks;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two blocks of each signal, the older one damaged or lost: every answer is the one of a server
 * that has the newer block alone, with a warning, or whole.
 */
class DamagedBlockTest {
  private static final long START = SmallBucket.START_MILLIS / 1000;
  private static final String FROM = Long.toString(START - 60);
  private static final String TO = Long.toString(START + 3600);
  private static final String OLD_TRACE = "%032x".formatted(1);
  private static final String NEW_TRACE = "%032x".formatted(11);

  /** Of each signal, those first that read a block's data. */
  private static final Map<Signal, List<String>> QUESTIONS =
      Map.of(
          Signal.METRICS,
          List.of(
              "/api/v1/query_range?step=15&query=" + of("sum by (instance) (temperature)"),
              "/api/v1/query?query=" + of("count_over_time(requests_total[2h])") + "&time=" + TO,
              "/api/v1/series?match[]=temperature",
              "/api/v1/labels?",
              "/api/v1/label/instance/values?"),
          Signal.LOGS,
          List.of(
              "/loki/api/v1/query_range?limit=1000&query=" + of("{app=~\".+\"}"),
              "/loki/api/v1/query?query="
                  + of("sum by (app) (count_over_time({app=\"web\"} |= \"ms\" [2h]))")
                  + "&time="
                  + TO,
              "/loki/api/v1/labels?",
              "/loki/api/v1/label/app/values?",
              "/loki/api/v1/series?",
              "/loki/api/v1/index/stats?query=" + of("{app=\"web\"}"),
              "/loki/api/v1/index/volume?query=" + of("{app=\"web\"}")),
          Signal.TRACES,
          List.of(
              "/api/search?limit=100&q=" + of("{ span.n >= 0 } | select(span.n)"),
              "/api/v2/traces/" + OLD_TRACE + "?",
              "/api/v2/traces/" + NEW_TRACE + "?",
              "/api/traces/" + OLD_TRACE + "?",
              "/api/metrics/query_range?step=60s&q=" + of("{} | count_over_time() by (name)"),
              "/api/v2/search/tags?",
              "/api/v2/search/tag/" + of("span.n") + "/values?"));

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private volatile Instant now = Instant.ofEpochSecond(START + 7200);

  /** A status, the warning's header (empty: none) and the body. */
  private record Answer(int status, String warning, String body) {
    /** What the answer says, without what a warning adds and times taken. */
    Object content() {
      return body.startsWith("{") ? without(Objects.requireNonNull(Api.parse(body).value())) : body;
    }

    private static Object without(Object value) {
      if (!(value instanceof Map<?, ?> map)) {
        return String.valueOf(value);
      }
      Map<String, Object> left = new TreeMap<>();
      map.forEach(
          (name, one) -> {
            if (!List.of("stats", "warnings", "metrics", "message").contains(String.valueOf(name))
                && !"PARTIAL".equals(one)) {
              left.put(String.valueOf(name), without(one));
            }
          });
      return left;
    }
  }

  private static String of(String query) {
    return URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  private TrilithServer serve(Path where) {
    List<String> sets = new ArrayList<>(SmallBucket.settings(where));
    sets.add("storage.merge-interval=1h");
    return new TrilithServer(new ConfigReader(Map.of()).read(null, sets), () -> now);
  }

  private void fill(Path where, int... rounds) {
    try (TrilithServer server = serve(where)) {
      for (int round : rounds) {
        try (Api api = new Api("http://127.0.0.1:" + server.httpPort(), "a")) {
          SmallBucket.send(api, round);
        }
        SmallBucket.flush(server);
      }
    }
  }

  private Answer get(TrilithServer server, String path) throws IOException, InterruptedException {
    String range = path.startsWith("/loki") ? "000000000" : "";
    URI uri =
        URI.create(
            "http://127.0.0.1:%d%s&start=%s%s&end=%s%s"
                .formatted(
                    server.httpPort(), path.replace("[]", "%5B%5D"), FROM, range, TO, range));
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(uri).header("X-Scope-OrgID", "a").build(),
            HttpResponse.BodyHandlers.ofString());
    return new Answer(
        answer.statusCode(),
        answer.headers().firstValue("x-trilith-warning").orElse(""),
        answer.body());
  }

  private Map<String, Answer> all(TrilithServer server) throws Exception {
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (List<String> questions : QUESTIONS.values()) {
      for (String question : questions) {
        answers.put(question, get(server, question));
      }
    }
    return answers;
  }

  private Path object(BlockEntry block) throws IOException {
    try (var files = Files.walk(directory.resolve("full"))) {
      return files
          .filter(file -> file.toString().endsWith(block.objectName()))
          .findFirst()
          .orElseThrow();
    }
  }

  private Map<String, Answer> whole = Map.of();
  private Map<String, Answer> newer = Map.of();
  private final Map<BlockEntry, byte[]> objects = new LinkedHashMap<>();

  @BeforeEach
  void fill() throws Exception {
    fill(directory.resolve("full"), 0, 1);
    fill(directory.resolve("newer"), 1);
    try (TrilithServer server = serve(directory.resolve("newer"))) {
      newer = all(server);
    }
    try (TrilithServer server = serve(directory.resolve("full"))) {
      whole = all(server);
      for (Signal signal : Signal.values()) {
        BlockEntry oldest =
            server.node().catalog().state().blocks().values().stream()
                .filter(block -> block.signal() == signal)
                .min(Comparator.comparingLong(BlockEntry::minTime))
                .orElseThrow();
        objects.put(oldest, Files.readAllBytes(object(oldest)));
      }
    }
    whole.values().forEach(answer -> assertThat(answer.warning()).isEmpty());
    whole.forEach(
        (question, answer) ->
            assertThat(answer.body()).as(question).doesNotContain("warnings", "PARTIAL"));
  }

  @AfterEach
  void close() {
    client.close();
  }

  private BlockEntry block(Signal signal) {
    return objects.keySet().stream()
        .filter(block -> block.signal() == signal)
        .findFirst()
        .orElseThrow();
  }

  private static void checkPartial(Answer answer, BlockEntry block, String question, String is) {
    assertThat(answer.warning())
        .as(question)
        .contains("block " + block.id() + " (2023-11-14T", " is " + is + " and left out")
        .contains("trilith blocks verify " + block.id());
    boolean inBody =
        question.startsWith("/api/v1/")
            || question.startsWith("/api/v2/traces")
            || question.startsWith("/api/metrics")
            || (question.startsWith("/loki") && !question.contains("/index/"));
    if (inBody) {
      assertThat(answer.body()).as(question).contains("block " + block.id());
    }
  }

  private static Answer of(Map<String, Answer> answers, String question) {
    return Objects.requireNonNull(answers.get(question), question);
  }

  @Test
  void answersGoOnWithoutLostBlocksAndAreWholeOnceTheyAreBack() throws Exception {
    for (BlockEntry block : objects.keySet()) {
      Files.delete(object(block));
    }
    try (TrilithServer server = serve(directory.resolve("full"))) {
      for (Map.Entry<Signal, List<String>> one : QUESTIONS.entrySet()) {
        for (String question : one.getValue()) {
          Answer answer = get(server, question);
          assertThat(answer.status()).as(question).isEqualTo(of(newer, question).status());
          assertThat(answer.content()).as(question).isEqualTo(of(newer, question).content());
          checkPartial(answer, block(one.getKey()), question, "lost");
        }
      }
      assertThat(get(server, "/metrics?").body()).contains("trilith_blocks_aside 3.0");
      // A range that the block has nothing in lacks nothing.
      String later =
          "/api/v1/query?query=" + of("count_over_time(temperature[1s])") + "&time=" + TO;
      assertThat(get(server, later).warning()).isEmpty();
      for (Map.Entry<BlockEntry, byte[]> object : objects.entrySet()) {
        Path blocks = directory.resolve("full");
        Files.write(sibling(blocks, object.getKey()), object.getValue());
      }
      now = now.plus(QuarantinedBlocks.FOR).plus(Duration.ofSeconds(1));
      all(server).forEach(this::checkWhole);
      assertThat(get(server, "/metrics?").body()).contains("trilith_blocks_aside 0.0");
    }
  }

  private void checkWhole(String question, Answer answer) {
    assertThat(answer.warning()).as(question).isEmpty();
    assertThat(answer.content()).as(question).isEqualTo(of(whole, question).content());
  }

  /** Where an object that is gone was. */
  private static Path sibling(Path root, BlockEntry block) throws IOException {
    String folder = block.objectName().substring(0, block.objectName().lastIndexOf('/'));
    try (var files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(folder))
          .findFirst()
          .orElseThrow()
          .resolve(block.id() + ".block");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.3, 0.5, 0.8, 0.99})
  void aFlippedBitNeverMakesAnAnswerFailOrWrong(double where) throws Exception {
    for (Map.Entry<BlockEntry, byte[]> object : objects.entrySet()) {
      byte[] bytes = object.getValue().clone();
      bytes[(int) (where * bytes.length)] ^= 4;
      Files.write(object(object.getKey()), bytes);
    }
    try (TrilithServer server = serve(directory.resolve("full"))) {
      int partial = 0;
      for (Map.Entry<Signal, List<String>> one : QUESTIONS.entrySet()) {
        for (String question : one.getValue()) {
          Answer answer = get(server, question);
          if (answer.warning().isEmpty()) {
            checkWhole(question, answer);
          } else {
            partial++;
            assertThat(answer.content()).as(question).isEqualTo(of(newer, question).content());
            checkPartial(answer, block(one.getKey()), question, "damaged");
          }
        }
      }
      assertThat(partial).isPositive();
      assertThat(server.node().faulty().aside().size()).isPositive();
      for (Map.Entry<BlockEntry, byte[]> object : objects.entrySet()) {
        Files.write(object(object.getKey()), object.getValue());
      }
      now = now.plus(QuarantinedBlocks.FOR).plus(Duration.ofSeconds(1));
      all(server).forEach(this::checkWhole);
    }
  }

  @Test
  void oneQueryDoesNotGoOnWithoutManyBlocks() throws Exception {
    fill(directory.resolve("full"), 2, 3, 4, 5, 6, 7, 8);
    try (TrilithServer server = serve(directory.resolve("full"))) {
      for (BlockEntry block : server.node().catalog().state().blocks().values()) {
        if (block.signal() == Signal.METRICS) {
          Files.delete(object(block));
        }
      }
      String question = Objects.requireNonNull(QUESTIONS.get(Signal.METRICS)).getFirst();
      Answer refused = get(server, question);
      assertThat(refused.status()).isEqualTo(500);
      assertThat(refused.body()).contains("is lost, and 8 before it", "trilith blocks verify");
      Answer answer = get(server, question);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("\"result\":[]");
      assertThat(answer.body().split(" is lost", -1)).hasSize(10);
    }
  }
}
