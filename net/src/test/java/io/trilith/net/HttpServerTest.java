package io.trilith.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.CorsConfig;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("StringConcatToTextBlock") // line ends are what it is about
class HttpServerTest {
  private static final String END = "Host: a\r\nConnection: close\r\n\r\n";
  private final TestServer server = new TestServer();

  @AfterEach
  void stop() {
    server.close();
  }

  private TestServer echo() throws IOException {
    server
        .http
        .read("/read", r -> HttpAnswer.text(200, r.parameters().toString()))
        .get("/label/{name}/values", r -> HttpAnswer.text(200, r.pathVariable("name")))
        .get("/label/fixed/values", r -> HttpAnswer.text(200, "literal"))
        .get("/tag/{name...}/values", r -> HttpAnswer.text(200, r.pathVariable("name")))
        .get("/tenant", r -> HttpAnswer.text(200, r.tenant().value()));
    server.http.open().get("/ready", r -> HttpAnswer.text(200, "ready"));
    server.http.writes().post("/write", r -> HttpAnswer.bytes(200, "application/x", r.body()));
    return server.start();
  }

  @Test
  void routesLiteralsBeforeVariablesAndKeepsEscapedSlashes() throws Exception {
    echo();
    assertThat(get("/label/fixed/values").text()).isEqualTo("literal");
    assertThat(get("/label/a%2Fb%20c/values").text()).isEqualTo("a/b c");
    assertThat(get("/tag/http/path/values").text()).isEqualTo("http/path");
    assertThat(get("/tag/values/values").text()).isEqualTo("values");
    assertThat(get("//label/x/values").text()).isEqualTo("x");
    assertThat(get("/label//fixed///values").text()).isEqualTo("literal");
    assertThat(get("//").status()).isEqualTo(404);
    assertThat(get("/label//values").status()).isEqualTo(404);
    assertThat(get("/label/%zz/values").status()).isEqualTo(400);
    assertThat(get("/label/%ff/values").status()).isEqualTo(400);
    assertThat(get("/../../etc/passwd").status()).isEqualTo(404);
    assertThat(get("http://evil.invalid/label/x/values").text()).isEqualTo("x");
    assertThat(get("*").status()).isEqualTo(404);
  }

  @Test
  void letsPagesOfAllowedOriginsAskAndReadErrors() throws Exception {
    server.cors =
        new CorsConfig(
            List.of("http://app.example", "https://*.corp.example"),
            List.of("traceparent"),
            Duration.ofMinutes(10));
    echo();
    RawClient.Reply preflight =
        server.ask(
            "OPTIONS /write HTTP/1.1\r\nOrigin: http://app.example\r\n"
                + "Access-Control-Request-Method: POST\r\n"
                + END);
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.headers())
        .containsEntry("access-control-allow-origin", "http://app.example")
        .containsEntry("access-control-allow-methods", "OPTIONS, POST")
        .containsEntry("access-control-max-age", "600");
    assertThat(preflight.headers().get("access-control-allow-headers"))
        .contains("content-type", "x-scope-orgid", "traceparent");
    for (String path : List.of("/ready", "/nowhere", "/write", "/label/%zz/values")) {
      for (String origin : List.of("http://app.example", "https://a.b.corp.example")) {
        RawClient.Reply reply =
            server.ask("GET " + path + " HTTP/1.1\r\nOrigin: " + origin + "\r\n" + END);
        assertThat(reply.headers()).containsEntry("access-control-allow-origin", origin);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "http://app.example.evil.org",
        "https://app.example",
        "https://corp.example",
        "https://evil.org/.corp.example",
        "null"
      })
  void saysNothingToPagesOfOtherOrigins(String origin) throws Exception {
    server.cors =
        new CorsConfig(
            List.of("http://app.example", "https://*.corp.example"),
            List.of(),
            Duration.ofMinutes(10));
    echo();
    RawClient.Reply reply =
        server.ask(
            "OPTIONS /write HTTP/1.1\r\nOrigin: "
                + origin
                + "\r\nAccess-Control-Request-Method: POST\r\n"
                + END);
    assertThat(reply.headers().keySet()).noneMatch(name -> name.startsWith("access-control"));
  }

  @Test
  void wordsRefusalsAsTheProtocolOfTheRouteDoes() throws Exception {
    server
        .http
        .writes()
        .refusing((status, text, type) -> HttpAnswer.bytes(status, type, new byte[] {42}))
        .post("/own", r -> HttpAnswer.empty(204));
    echo();
    String head = "POST /own HTTP/1.1\r\nContent-Type: x/y\r\nContent-Length: ";
    for (String wrong :
        List.of("99999999\r\n" + END, "1\r\nContent-Encoding: br\r\n" + END + "x")) {
      RawClient.Reply reply = server.ask(head + wrong);
      assertThat(reply.status()).isIn(413, 415);
      assertThat(reply.headers()).containsEntry("content-type", "x/y");
      assertThat(reply.body()).containsExactly(42);
    }
    assertThat(get("/nowhere").headers().get("content-type")).startsWith("text/plain");
  }

  @Test
  void answersOtherMethodsWithAllow() throws Exception {
    echo();
    RawClient.Reply reply = server.ask("DELETE /read HTTP/1.1\r\n" + END);
    assertThat(reply.status()).isEqualTo(405);
    assertThat(reply.headers()).containsEntry("allow", "GET, HEAD, OPTIONS, POST");
    assertThat(server.ask("OPTIONS /read HTTP/1.1\r\n" + END).status()).isEqualTo(204);
    try (RawClient client = server.connect()) {
      client.send("HEAD /label/x/values HTTP/1.1\r\n" + END);
      assertThat(client.readHead().headers()).containsEntry("content-length", "1");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void mergesUrlAndFormParameters() throws Exception {
    echo();
    RawClient.Reply reply =
        server.ask(
            "POST /read?a=1&b=x%20y HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded;"
                + " charset=utf-8\r\nContent-Length: 11\r\n"
                + END,
            "a=2&c=%2B+1".getBytes(UTF_8));
    assertThat(reply.text()).isEqualTo("{a=[1, 2], b=[x y], c=[+ 1]}");
    assertThat(get("/read?a=%ff").status()).isEqualTo(400);
    assertThat(get("/read?a=%f").status()).isEqualTo(400);
    assertThat(get("/read?" + "a=1&".repeat(10_001)).status()).isEqualTo(400);
  }

  private RawClient.Reply get(String target) throws IOException {
    return server.ask("GET " + target + " HTTP/1.1\r\n" + END);
  }

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    echo();
    try (RawClient client = server.connect()) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 100; i++) {
        all.append("GET /label/n").append(i).append("/values HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      client.send(all.toString());
      for (int i = 0; i < 100; i++) {
        assertThat(client.read().text()).isEqualTo("n" + i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /ready HTTP/1.1\nHost: a\n\n",
        "GET /ready HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost: a\r\nX-A: b\rX-B: c\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost: a\r\nX-A: b\0c\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n",
        "GET /ready HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /ready\r\n\r\n",
        "GET /ready HTTP/3.7\r\nHost: a\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000",
        "POST /write HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Content-Length: 4\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 4\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\nabc",
        "POST /write HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u000bchunked\r\n\r\nabc",
        "POST /write HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /write HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "zz\r\n"
            + "abc\r\n"
            + "0\r\n\r\n",
        "POST /write HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "-5\r\n"
            + "abc\r\n"
            + "0\r\n\r\n",
        "POST /write HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "3\r\n"
            + "abcd\r\n"
            + "0\r\n\r\n",
        "POST /write HTTP/1.1\r\n"
            + "Host: a\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + "ffffffffffffffff\r\n"
            + "a",
        "POST /write HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        "POST /write HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\nContent-Length: 1\r\n\r\na",
      })
  void refusesAmbiguousRequestsAndCloses(String request) throws Exception {
    echo();
    try (RawClient client = server.connect()) {
      client.send(request + "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
      RawClient.Reply reply = client.read();
      assertThat(reply.status()).isBetween(400, 505);
      assertThat(reply.headers()).containsEntry("connection", "close");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void limitsRequestLineAndHeaders() throws Exception {
    echo();
    String filler = "a".repeat(1 << 20);
    assertThat(server.ask("GET /" + filler + " HTTP/1.1\r\n" + END).status()).isEqualTo(414);
    assertThat(server.ask("GET / HTTP/1.1\r\nX: " + filler + "\r\n" + END).status()).isEqualTo(431);
    assertThat(server.ask("GET / HTTP/1.1\r\n" + "X: a\r\n".repeat(1000) + END).status())
        .isEqualTo(431);
  }

  @Test
  void leavesSnappyToRoutesThatTakeBlocksAndBoundsWhatTheyDecode() throws Exception {
    Snappy snappy = new Snappy(Integer.MAX_VALUE);
    server
        .http
        .writes()
        .blocks()
        .post(
            "/block",
            request -> {
              request.reserve(snappy.length(request.body()));
              return HttpAnswer.text(200, new String(snappy.decode(request.body()), UTF_8));
            });
    server.start();
    assertThat(postBlock("plain".getBytes(UTF_8)).text()).isEqualTo("plain");
    assertThat(postBlock(new byte[2 << 20]).status()).isEqualTo(413);
  }

  private RawClient.Reply postBlock(byte[] content) throws IOException {
    byte[] block = Snappy.encode(content);
    String head = "POST /block HTTP/1.1\r\nContent-Encoding: snappy\r\nContent-Length: ";
    return server.ask(head + block.length + "\r\n" + END, block);
  }

  @Test
  void readsChunkedBodiesAndContinues() throws Exception {
    echo();
    try (RawClient client = server.connect()) {
      client.send(
          "POST /write HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(100);
      client.send("3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n");
      assertThat(client.read().text()).isEqualTo("abc0123456789");
      client.send("GET /ready HTTP/1.0\r\n\r\n");
      assertThat(client.read().text()).isEqualTo("ready");
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void refusesABodyThatIsCutShort() throws Exception {
    echo();
    try (RawClient client = server.connect()) {
      client.send("POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
      client.endOutput();
      assertThat(client.read().status()).isEqualTo(400);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /ready HTTP/1.1\r\nHost",
        "POST /write HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"
      })
  void cutsSlowClients(String beginning) throws Exception {
    server.requestTimeout = Duration.ofMillis(150);
    echo();
    try (RawClient client = server.connect()) {
      client.send(beginning);
      assertThat(client.read().status()).isEqualTo(408);
      assertThat(client.atEnd()).isTrue();
    }
  }

  @Test
  void closesIdleConnections() throws Exception {
    server.idleTimeout = Duration.ofMillis(150);
    echo();
    try (RawClient silent = server.connect();
        RawClient once = server.connect()) {
      once.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(once.read().status()).isEqualTo(200);
      assertThat(once.atEnd()).isTrue();
      assertThat(silent.atEnd()).isTrue();
    }
  }

  @Test
  void compressesLargeTextWhenTheClientTakesIt() throws Exception {
    byte[] large = "0123456789".repeat(20_000).getBytes(UTF_8);
    server.http.get("/whole", r -> HttpAnswer.bytes(200, "application/json", large));
    server.http.get("/stream", r -> HttpAnswer.json(200, out -> out.write(large)));
    server.start();
    for (String path : new String[] {"/whole", "/stream"}) {
      String head = "GET " + path + " HTTP/1.1\r\nAccept-Encoding: ";
      RawClient.Reply packed = server.ask(head + "br, zstd, gzip;q=0.5\r\n" + END);
      assertThat(packed.headers()).containsEntry("content-encoding", "gzip");
      assertThat(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes())
          .isEqualTo(large);
      RawClient.Reply plain = server.ask(head + "br, zstd, gzip;q=0, *\r\n" + END);
      assertThat(plain.headers()).doesNotContainKey("content-encoding");
      assertThat(plain.body()).isEqualTo(large);
    }
  }

  @Test
  void tellsErrorsApart() throws Exception {
    server
        .http
        .get("/invalid", r -> fail(new InvalidRequestException("bad x")))
        .get("/fixed", r -> fail(LimitExceededException.fixed("limit y")))
        .get("/busy", r -> fail(LimitExceededException.busy("queue z")))
        .get("/bug", r -> fail(new IllegalStateException("secret /etc/internals")))
        .get("/own", r -> fail(new HttpStatusException(501, "later")))
        .get(
            "/late",
            r ->
                HttpAnswer.json(
                    200,
                    out -> {
                      out.write(1);
                      throw new InvalidRequestException("found late");
                    }));
    server.start();
    assertThat(get("/invalid").text()).isEqualTo("bad x\n");
    assertThat(get("/invalid").status()).isEqualTo(400);
    assertThat(get("/fixed").status()).isEqualTo(422);
    assertThat(get("/busy").status()).isEqualTo(429);
    assertThat(get("/busy").headers()).containsKey("retry-after");
    assertThat(get("/own").status()).isEqualTo(501);
    assertThat(get("/late").status()).isEqualTo(400);
    RawClient.Reply bug = get("/bug");
    assertThat(bug.status()).isEqualTo(500);
    assertThat(bug.text()).doesNotContain("secret");
  }

  private static HttpAnswer fail(RuntimeException e) {
    throw e;
  }

  @Test
  void cancelsWhenTheClientLeaves() throws Exception {
    LinkedBlockingQueue<HttpRequest> running = new LinkedBlockingQueue<>();
    CountDownLatch cancelled = new CountDownLatch(1);
    server.http.get(
        "/wait",
        r -> {
          running.add(r);
          while (!r.cancelled()) {
            Thread.onSpinWait();
          }
          cancelled.countDown();
          return HttpAnswer.empty(204);
        });
    server.start();
    try (RawClient client = server.connect()) {
      client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
      running.take();
    }
    assertThat(cancelled.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void waitsForSlowReadersAndFailsWhenTheyLeave() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    byte[] piece = new byte[1 << 20];
    server.http.get(
        "/endless",
        r ->
            new HttpAnswer.Streamed(
                200,
                java.util.Map.of(),
                out -> {
                  try {
                    while (true) {
                      out.write(piece);
                    }
                  } catch (IOException e) {
                    failed.countDown();
                    throw e;
                  }
                }));
    server.start();
    try (RawClient client = server.connect()) {
      client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(failed.getCount()).isEqualTo(1);
    }
    assertThat(failed.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void answers429WhenTheQueueIsFull() throws Exception {
    server.queriesMax = 1;
    CountDownLatch hold = new CountDownLatch(1);
    server.http.get(
        "/hold",
        r -> {
          hold.await();
          return HttpAnswer.empty(204);
        });
    server.start();
    RawClient[] clients = new RawClient[10];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = server.connect();
      clients[i].send("GET /hold HTTP/1.1\r\n" + END);
    }
    LinkedBlockingQueue<RawClient.Reply> replies = new LinkedBlockingQueue<>();
    for (RawClient client : clients) {
      Thread.ofVirtual().start(() -> add(replies, client));
    }
    RawClient.Reply refused = replies.take();
    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.headers()).containsKey("retry-after");
    assertThat(refused.text()).contains("server.queries-max");
    hold.countDown();
    for (int i = 1; i < clients.length; i++) {
      assertThat(replies.take().status()).isEqualTo(204);
    }
    for (RawClient client : clients) {
      client.close();
    }
  }

  private static void add(LinkedBlockingQueue<RawClient.Reply> replies, RawClient client) {
    try {
      replies.add(client.read());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void boundsTheBytesOfBodiesInFlight() throws Exception {
    server.bodiesMax = new io.trilith.config.ByteSize(1500);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch hold = new CountDownLatch(1);
    server.http.post(
        "/hold",
        r -> {
          entered.countDown();
          hold.await();
          return HttpAnswer.empty(204);
        });
    echo();
    String length = "Content-Length: 1000\r\n" + END;
    try (RawClient first = server.connect()) {
      first.send("POST /hold HTTP/1.1\r\n" + length);
      first.send(new byte[1000]);
      entered.await();
      RawClient.Reply refused = server.ask("POST /write HTTP/1.1\r\n" + length, new byte[1000]);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.text()).contains("server.bodies-in-flight-max");
      hold.countDown();
      assertThat(first.read().status()).isEqualTo(204);
      assertThat(first.atEnd()).isTrue();
    }
    assertThat(server.ask("POST /write HTTP/1.1\r\n" + length, new byte[1000]).status())
        .isEqualTo(200);
  }

  @Test
  void closesConnectionsBeyondTheLimit() throws Exception {
    server.connectionsMax = 1;
    echo();
    try (RawClient first = server.connect()) {
      first.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(first.read().status()).isEqualTo(200);
      try (RawClient second = server.connect()) {
        assertThat(second.atEnd()).isTrue();
      }
    }
  }

  @Test
  void tellsTenantsApart() throws Exception {
    server.multi = true;
    echo();
    String head = "GET /tenant HTTP/1.1\r\n";
    assertThat(server.ask(head + END).status()).isEqualTo(401);
    assertThat(server.ask(head + END).text()).isEqualTo("no org id\n");
    assertThat(server.ask(head + "X-Scope-OrgID: acme\r\n" + END).text()).isEqualTo("acme");
    assertThat(server.ask(head + "X-Scope-OrgID: ../x\r\n" + END).status()).isEqualTo(400);
    assertThat(server.ask(head + "X-Scope-OrgID: a\r\nX-Scope-OrgID: b\r\n" + END).status())
        .isEqualTo(400);
    assertThat(get("/ready").status()).isEqualTo(200);
  }

  @Test
  void ignoresTheTenantHeaderWhenThereIsOneTenant() throws Exception {
    echo();
    assertThat(server.ask("GET /tenant HTTP/1.1\r\nX-Scope-OrgID: ../x\r\n" + END).text())
        .isEqualTo("anonymous");
  }

  @Test
  void drainsRunningRequestsWhenItStops() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch hold = new CountDownLatch(1);
    server.http.get(
        "/hold",
        r -> {
          entered.countDown();
          hold.await();
          return HttpAnswer.text(200, "done");
        });
    server.start();
    try (RawClient client = server.connect()) {
      client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
      entered.await();
      Thread stopping =
          Thread.ofVirtual().start(() -> server.server().stop(Duration.ofSeconds(20)));
      hold.countDown();
      assertThat(client.read().text()).isEqualTo("done");
      assertThat(client.atEnd()).isTrue();
      stopping.join();
    }
  }

  @Test
  void showsItsMetricsByRoutePattern() throws Exception {
    echo();
    get("/label/secret/values");
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    do {
      text.reset();
      server.metrics.write(text);
    } while (!text.toString(UTF_8).contains("trilith_requests_total{"));
    assertThat(text.toString(UTF_8))
        .contains(
            "trilith_requests_total{method=\"GET\",route=\"/label/{name}/values\",status=\"200\"}"
                + " 1")
        .doesNotContain("secret");
  }
}
