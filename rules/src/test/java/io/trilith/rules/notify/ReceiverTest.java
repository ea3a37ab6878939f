package io.trilith.rules.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ReceiverConfig;
import io.trilith.config.ReceiverConfig.Kind;
import io.trilith.config.RulesConfig;
import io.trilith.config.Secret;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReceiverTest {
  private static final TenantId TENANT = new TenantId("a");

  private static GroupMessage message(boolean resolved) {
    Notification one = ReceiverGroupsTest.alert("A", "p1", resolved, 6_500);
    Notification two = ReceiverGroupsTest.alert("A", "p2", true, 7_000);
    return new GroupMessage(
        TENANT,
        Labels.of("alertname", "A"),
        resolved ? List.of() : List.of(one),
        resolved ? List.of(one, two) : List.of(two));
  }

  private static String payload(Kind kind, boolean resolved) throws Exception {
    ReceiverConfig config = ReceiverGroupsTest.config(kind, "http://x/", true);
    return new String(
        ReceiverPayload.of(config, message(resolved), "http://trilith"), StandardCharsets.UTF_8);
  }

  @Test
  void webhooksGetTheBodyOfVersion4() throws Exception {
    assertThat(payload(Kind.WEBHOOK, false))
        .startsWith(
            "{\"receiver\":\"team\",\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\","
                + "\"labels\":{\"alertname\":\"A\",\"pod\":\"p1\"},")
        .contains(
            "\"startsAt\":\"1970-01-01T00:00:01Z\",\"endsAt\":\"0001-01-01T00:00:00Z\"",
            "\"endsAt\":\"1970-01-01T00:00:07Z\"",
            "\"groupLabels\":{\"alertname\":\"A\"}",
            "\"commonLabels\":{\"alertname\":\"A\"}",
            "\"commonAnnotations\":{}",
            "\"externalURL\":\"http://trilith\"",
            "\"version\":\"4\"")
        .endsWith("\"truncatedAlerts\":0}");
    assertThat(payload(Kind.WEBHOOK, true)).contains("\"status\":\"resolved\",\"alerts\"");
  }

  @Test
  void fingerprintsAreThoseOfPrometheus() {
    // model.LabelSet{}.Fingerprint() of common: FNV-1a's start.
    assertThat(ReceiverPayload.fingerprint(Labels.EMPTY)).isEqualTo("cbf29ce484222325");
    assertThat(ReceiverPayload.fingerprint(Labels.of("a", "b")))
        .isNotEqualTo(ReceiverPayload.fingerprint(Labels.of("ab", "")));
  }

  @Test
  void slackGetsAColouredAttachmentWithoutMarkupOfAlerts() throws Exception {
    assertThat(payload(Kind.SLACK, false))
        .startsWith("{\"text\":\"[FIRING:1] A\"")
        .contains("\"color\":\"danger\"", "*firing* A of \\u0026lt;p1\\u0026gt;");
    assertThat(payload(Kind.SLACK, true)).contains("[RESOLVED] A", "\"color\":\"good\"");
  }

  @Test
  void pagerdutyResolvesWhatItTriggered() throws Exception {
    String trigger = payload(Kind.PAGERDUTY, false);
    String resolve = payload(Kind.PAGERDUTY, true);
    assertThat(trigger)
        .startsWith("{\"routing_key\":\"key\",\"event_action\":\"trigger\",\"dedup_key\":\"")
        .contains("\"severity\":\"error\"", "\"source\":\"http://trilith\"", "\"num_firing\":1");
    assertThat(resolve).contains("\"event_action\":\"resolve\"");
    assertThat(key(resolve)).isEqualTo(key(trigger)).hasSize(64);
  }

  private static String key(String json) {
    int from = json.indexOf("\"dedup_key\":\"") + 13;
    return json.substring(from, json.indexOf('"', from));
  }

  @Test
  void onlyAddressesOfTheWebAreTaken() {
    for (String url :
        new String[] {"file:///etc/passwd", "ftp://x/", "http:///x", "http://u:p@x/"}) {
      assertThatThrownBy(() -> ReceiverGroupsTest.config(Kind.WEBHOOK, url, true))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("team");
    }
    assertThatThrownBy(() -> ReceiverGroupsTest.config(Kind.SLACK, "", true))
        .hasMessageContaining("needs a url");
    assertThat(new Secret("http://x/key").toString()).doesNotContain("key");
    assertThat(RulesConfig.defaults().receivers()).isEmpty();
  }

  @Test
  void messagesAreSentAgainUntilTheyAreTaken() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    AtomicInteger tries = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/hook",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean refused = tries.incrementAndGet() < 3;
          exchange.sendResponseHeaders(refused ? 503 : 200, -1);
          exchange.close();
          if (!refused) {
            seen.add(body);
          }
        });
    server.start();
    // A clock that jumps a minute whenever it is looked at.
    AtomicLong clock = new AtomicLong();
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    Receiver.Counters counters =
        new Receiver.Counters(counter("sent"), counter("failed"), counter("dropped"));
    Receiver receiver =
        new Receiver(
            ReceiverGroupsTest.config(Kind.WEBHOOK, url, true),
            List.of(),
            100,
            (_, _) -> false,
            "",
            () -> Instant.ofEpochMilli(clock.addAndGet(60_000)),
            counters);
    Thread thread = Thread.ofVirtual().start(receiver::run);
    try {
      receiver.add(TENANT, List.of(ReceiverGroupsTest.alert("A", "p", false, Long.MAX_VALUE / 2)));
      String body = seen.poll(60, TimeUnit.SECONDS);
      assertThat(body).contains("\"status\":\"firing\"");
      assertThat(tries.get()).isGreaterThanOrEqualTo(3);
      assertThat(counters.failed().labelValues("team").get()).isEqualTo(2);
    } finally {
      receiver.close();
      thread.join();
      server.stop(0);
    }
  }

  private static io.prometheus.metrics.core.metrics.Counter counter(String name) {
    return io.prometheus.metrics.core.metrics.Counter.builder()
        .name(name + "_total")
        .labelNames("receiver")
        .register(new PrometheusRegistry());
  }
}
