package io.trilith.rules.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.RelabelConfig;
import io.trilith.config.RelabelConfig.Action;
import io.trilith.config.RulesConfig;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Relabel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NotifierTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"));

  private final List<List<Notification>> batches = Collections.synchronizedList(new ArrayList<>());
  private final NotifierMetrics metrics =
      new NotifierMetrics(new PrometheusRegistry(), () -> 0, 1, 1);

  private static Notification one(String name, boolean resolved, long startsAt) {
    return new Notification(
        Labels.of("alertname", name),
        Map.of("d", "a \"text\""),
        startsAt,
        startsAt + 5_000,
        resolved,
        "http://x/");
  }

  private AlertmanagerQueue queue(int max, AlertmanagerQueue.Sender sender) {
    return new AlertmanagerQueue("http://am/", sender, max, 60_000, CLOCK, metrics);
  }

  @Test
  void batchesAreOfLimitedSizeAndInOrder() throws Exception {
    AlertmanagerQueue queue = queue(10_000, batches::add);
    List<Notification> many = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      many.add(one("a" + i, false, i));
    }
    queue.add(many);
    queue.close();
    queue.run();
    assertThat(batches).extracting(List::size).containsExactly(256, 256, 88);
    assertThat(batches.stream().flatMap(List::stream).toList()).isEqualTo(many);
  }

  @Test
  void theNewestWordOnAnAlertReplacesOlderOnes() {
    AlertmanagerQueue queue = queue(10, batches::add);
    queue.add(List.of(one("a", false, 1), one("b", false, 1)));
    queue.add(List.of(one("a", true, 1)));
    queue.close();
    queue.run();
    assertThat(batches).containsExactly(List.of(one("b", false, 1), one("a", true, 1)));
  }

  @Test
  void theOldestAreDroppedWhenTooManyWait() {
    AlertmanagerQueue queue = queue(2, batches::add);
    queue.add(List.of(one("a", false, 1), one("b", false, 1), one("c", false, 1)));
    assertThat(queue.size()).isEqualTo(2);
    queue.close();
    queue.run();
    assertThat(batches).containsExactly(List.of(one("b", false, 1), one("c", false, 1)));
  }

  @Test
  void aFailedBatchIsTriedAgainUntilItIsTaken() throws Exception {
    int[] tries = new int[1];
    AlertmanagerQueue queue =
        queue(
            10,
            batch -> {
              if (++tries[0] < 3) {
                throw new IOException("HTTP 500");
              }
              batches.add(batch);
            });
    Thread thread = Thread.ofVirtual().start(queue::run);
    queue.add(List.of(one("a", true, 1), one("b", false, 1)));
    assertThat(queue.awaitEmpty(60_000)).isTrue();
    queue.close();
    thread.join();
    assertThat(batches).containsExactly(List.of(one("a", true, 1), one("b", false, 1)));
  }

  @Test
  void speaksVersion2OfTheApi() throws Exception {
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          seen.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Content-Type")
                  + " "
                  + body);
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      AlertmanagerClient client = new AlertmanagerClient(RulesConfig.defaults());
      String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/am/";
      client.send(AlertmanagerClient.alertsUrl(base), List.of(one("a", false, 1_500)));
    } finally {
      server.stop(0);
    }
    assertThat(seen)
        .containsExactly(
            "/am/api/v2/alerts application/json [{\"annotations\":{\"d\":\"a \\\"text\\\"\"},"
                + "\"endsAt\":\"1970-01-01T00:00:06.500Z\",\"startsAt\":\"1970-01-01T00:00:01.500Z\","
                + "\"generatorURL\":\"http://x/\",\"labels\":{\"alertname\":\"a\"}}]");
  }

  private static RelabelConfig step(
      Action action, List<String> sources, String regex, String target, String replacement) {
    return new RelabelConfig(sources, ";", regex, target, replacement, 16, action);
  }

  private static @Nullable Labels relabelled(RelabelConfig... steps) {
    return new Relabel("steps", List.of(steps))
        .apply(Labels.of("alertname", "A", "replica", "r1", "team", "Db", "tmp_x", "1"));
  }

  @Test
  void labelsAreRewrittenAsInPrometheus() {
    assertThat(relabelled(step(Action.LABELDROP, List.of(), "replica|tmp_.*", "", "")))
        .isEqualTo(Labels.of("alertname", "A", "team", "Db"));
    assertThat(relabelled(step(Action.DROP, List.of("team"), "D.", "", ""))).isNull();
    assertThat(relabelled(step(Action.KEEP, List.of("team"), "x", "", ""))).isNull();
    assertThat(
            relabelled(
                step(
                    Action.REPLACE,
                    List.of("alertname", "team"),
                    "(.*);(.)(.*)",
                    "to",
                    "$2-${1}$3")))
        .isEqualTo(
            Labels.of("alertname", "A", "replica", "r1", "team", "Db", "tmp_x", "1", "to", "D-Ab"));
    assertThat(relabelled(step(Action.LABELMAP, List.of(), "tmp_(.*)", "", "$1")))
        .extracting(labels -> labels.get("x"))
        .isEqualTo("1");
    assertThat(relabelled(step(Action.LOWERCASE, List.of("team"), "", "team", "")))
        .extracting(labels -> labels.get("team"))
        .isEqualTo("db");
    assertThat(relabelled(step(Action.HASHMOD, List.of("team"), "", "shard", "")))
        .extracting(labels -> labels.has("shard"))
        .isEqualTo(true);
    assertThat(relabelled(step(Action.LABELKEEP, List.of(), "team", "", "")))
        .isEqualTo(Labels.of("team", "Db"));
  }
}
