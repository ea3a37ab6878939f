package io.trilith.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import at.favre.lib.crypto.bcrypt.BCrypt;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.trilith.config.AuditConfig;
import io.trilith.config.AuthConfig;
import io.trilith.config.Scope;
import io.trilith.net.identity.AuditLog;
import io.trilith.net.identity.Credentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is let in, over real sockets. */
class AccessTest {
  private static final String READER = "trl_reader_of_acme_and_nothing_else";
  private static final String WRITER = "trl_writer_of_acme_and_nothing_else";
  private static final String ROOT = "trl_root_of_everything_there_is_here";

  private final TestServer server = new TestServer();
  @TempDir private Path dir = Path.of("");
  private Path file = Path.of("");
  private Path auditFile = Path.of("");

  @BeforeEach
  void serve() throws Exception {
    file = dir.resolve("auth.yml");
    auditFile = dir.resolve("audit.jsonl");
    Files.writeString(file, records());
    auth(List.of());
    server.multi = true;
    server
        .httpTable
        .needs(Scope.READ_LOGS)
        .get(
            "/logs",
            request ->
                HttpAnswer.text(200, request.caller().name() + " " + request.tenant().value()));
    server
        .httpTable
        .needs(Scope.READ_LOGS)
        .get("/tail", request -> new HttpAnswer.Upgrade(socket -> socket.send("hello")));
    server
        .httpTable
        .needs(Scope.WRITE_LOGS)
        .writes()
        .post("/push", request -> HttpAnswer.text(200, "taken " + request.body().length));
    server
        .httpTable
        .needs(Scope.ADMIN)
        .open()
        .post("/admin/flush", request -> HttpAnswer.text(200, "flushed"));
    server.httpTable.forEveryone().get("/ready", request -> HttpAnswer.text(200, "ready"));
    server
        .httpTable
        .needs(Scope.READ_LOGS)
        .unary(
            "test.Logs/Read",
            (tenant, message, memory) -> tenant.value().getBytes(StandardCharsets.UTF_8));
  }

  private void auth(List<String> proxies) {
    AuthConfig.Mode mode = AuthConfig.Mode.AUTO;
    server.auth = new AuthConfig(mode, file, Duration.ofSeconds(10), proxies, false);
    server.credentials = new Credentials(file, server.accessMetrics, InstantSource.system());
    server.audit = new AuditLog(new AuditConfig(auditFile), server.accessMetrics);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String token(String name, String token, String rest) throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    return "  - {name: %s, hash: 'sha256:%s', %s}\n"
        .formatted(name, HexFormat.of().formatHex(digest), rest);
  }

  private static String records() throws Exception {
    byte[] hash = BCrypt.withDefaults().hash(4, "right".getBytes(StandardCharsets.UTF_8));
    return "tokens:\n"
        + token("reader", READER, "scopes: [read], tenants: [acme]")
        + token("writer", WRITER, "scopes: ['write:logs'], tenants: [acme, globex]")
        + token("root", ROOT, "scopes: [admin, read], tenants: ['*']")
        + token("late", "trl_late", "scopes: [read], tenants: [acme], expires: 2020-01-01")
        + "users:\n  - {name: prom, password-hash: '"
        + new String(hash, StandardCharsets.US_ASCII)
        + "', scopes: [read], tenants: ['acme-*']}\n";
  }

  private RawClient.Reply get(String path, String... headers) throws IOException {
    return ask("GET", path, headers);
  }

  private RawClient.Reply ask(String method, String path, String... headers) throws IOException {
    StringBuilder head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: here\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    return server.ask(head.append("Connection: close\r\n\r\n").toString());
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token;
  }

  private static String basic(String user, String password) {
    byte[] pair = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Authorization: Basic " + Base64.getEncoder().encodeToString(pair);
  }

  private String audited() throws IOException {
    Objects.requireNonNull(server.audit).close();
    return Files.readString(auditFile);
  }

  @Test
  void aTokenSaysWhoAsksAndForWhichTenant() throws IOException {
    server.start();
    assertThat(get("/logs", bearer(READER)).text()).isEqualTo("reader acme");
    assertThat(get("/logs", bearer(READER), "X-Scope-OrgID: acme").status()).isEqualTo(200);
    assertThat(get("/logs", bearer(READER), "X-Scope-OrgID: globex").status()).isEqualTo(403);
    assertThat(get("/logs", bearer(ROOT)).status()).isEqualTo(401);
    assertThat(get("/logs", bearer(ROOT), "X-Scope-OrgID: x").text()).isEqualTo("root x");
    assertThat(get("/logs", bearer(ROOT), "X-Scope-OrgID: ../x").status()).isEqualTo(400);
    assertThat(get("/logs", bearer(ROOT), "X-Scope-OrgID: x", "X-Scope-OrgID: y").status())
        .isEqualTo(400);
  }

  @Test
  void allRefusalsOfCredentialsLookTheSame() throws IOException {
    server.start();
    String[] wrong = {
      "X-Other: 1",
      bearer("trl_unknown"),
      bearer("trl_late"),
      bearer(READER + "A"),
      bearer(READER.substring(1)),
      "Authorization: Token " + READER,
      "Authorization: " + READER,
      "Authorization: Basic !!!",
      basic("prom", "wrong"),
      basic("nobody", "right"),
      basic("prom", "right\0"),
      bearer("a.b.c"),
      "X-API-Key: " + READER,
      "Cookie: token=" + READER
    };
    for (String header : wrong) {
      RawClient.Reply reply = get("/logs", header);
      assertThat(reply.status()).as(header).isEqualTo(401);
      assertThat(reply.text()).as(header).isEqualTo("a valid credential is needed\n");
      assertThat(reply.headers().get("www-authenticate"))
          .isEqualTo("Bearer realm=\"trilith\", Basic realm=\"trilith\", charset=\"UTF-8\"");
    }
    assertThat(get("/logs?access_token=" + READER).status()).isEqualTo(401);
    assertThat(get("/nowhere").status()).isEqualTo(401);
    assertThat(get("/nowhere", bearer(READER)).status()).isEqualTo(404);
    assertThat(get("/logs", bearer(READER), bearer(READER)).status()).isEqualTo(400);
    assertThat(get("/ready").status()).isEqualTo(200);
  }

  @Test
  void whoIsNotLetInDoesNotSendABody() throws IOException {
    server.start();
    try (RawClient client = server.connect()) {
      client.send("POST /push HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n");
      assertThat(client.read().status()).isEqualTo(401);
    }
    try (RawClient client = server.connect()) {
      client.send(
          "POST /push HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
              + bearer(READER)
              + "\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(403);
    }
  }

  @Test
  void aPasswordIsCheckedBesideTheEventLoopAndTheBodyFollows() throws IOException {
    server.start();
    String user = basic("prom", "right");
    assertThat(get("/logs", user, "X-Scope-OrgID: acme-shop").text()).isEqualTo("prom acme-shop");
    assertThat(get("/logs", user, "X-Scope-OrgID: acme").status()).isEqualTo(403);
    try (RawClient client = server.connect()) {
      String request =
          "GET /logs HTTP/1.1\r\nHost: h\r\nX-Scope-OrgID: acme-1\r\n" + user + "\r\n\r\n";
      client.send(request + request);
      assertThat(client.read().text()).isEqualTo("prom acme-1");
      assertThat(client.read().text()).isEqualTo("prom acme-1");
    }
  }

  @Test
  void tooManyGuessesWaitAndARightPasswordOfBeforeDoesNot() throws IOException {
    server.start();
    assertThat(get("/logs", basic("prom", "right"), "X-Scope-OrgID: acme-1").status())
        .isEqualTo(200);
    RawClient.Reply last = get("/logs", basic("prom", "guess"));
    for (int i = 0; i < 40 && last.status() == 401; i++) {
      last = get("/logs", basic("prom", "guess" + i));
    }
    assertThat(last.status()).isEqualTo(429);
    assertThat(last.headers()).containsKey("retry-after");
    assertThat(get("/logs", basic("prom", "right"), "X-Scope-OrgID: acme-1").status())
        .isEqualTo(200);
    assertThat(get("/logs", bearer(READER)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil"})
  void pagesOfOthersDoNotAdminister(String header) throws IOException {
    server.start();
    assertThat(ask("POST", "/admin/flush", bearer(ROOT), header).status()).isEqualTo(403);
    assertThat(ask("POST", "/admin/flush", bearer(ROOT), "Origin: http://here").status())
        .isEqualTo(200);
    assertThat(get("/tail", bearer(READER), "Upgrade: websocket", "Origin: https://evil").status())
        .isEqualTo(403);
  }

  /** Grafana passes on the origin of its own page when it follows logs. */
  @Test
  void withoutCredentialsAnyPageFollowsAndNoneAdministers() throws IOException {
    server.auth = AuthConfig.defaults();
    server.credentials = null;
    server.start();
    assertThat(get("/tail", "Upgrade: websocket", "Origin: https://grafana.example").status())
        .isNotEqualTo(403);
    assertThat(ask("POST", "/admin/flush", "Origin: https://grafana.example").status())
        .isEqualTo(403);
  }

  @Test
  void aSocketIsRefusedBeforeItIsOne() throws IOException {
    server.start();
    String[] upgrade = {
      "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==", "Sec-WebSocket-Version: 13"
    };
    assertThat(get("/tail", upgrade).status()).isEqualTo(401);
    assertThat(get("/tail", upgrade[0], upgrade[1], upgrade[2], bearer(WRITER)).status())
        .isEqualTo(403);
    try (RawClient client = server.connect()) {
      client.send(
          "GET /tail HTTP/1.1\r\nHost: h\r\n"
              + String.join("\r\n", upgrade)
              + "\r\n"
              + bearer(READER)
              + "\r\n\r\n");
      assertThat(client.readHead().status()).isEqualTo(101);
    }
  }

  private static Status.Code call(io.grpc.Channel channel, int size) {
    MethodDescriptor.Marshaller<byte[]> bytes =
        new MethodDescriptor.Marshaller<>() {
          @Override
          public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
          }

          @Override
          public byte[] parse(InputStream stream) {
            try {
              return stream.readAllBytes();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          }
        };
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setFullMethodName("test.Logs/Read")
            .setType(MethodDescriptor.MethodType.UNARY)
            .setRequestMarshaller(bytes)
            .setResponseMarshaller(bytes)
            .build();
    try {
      byte[] _ =
          ClientCalls.blockingUnaryCall(
              channel,
              method,
              CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
              new byte[size]);
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  @Test
  void aCallIsLetInBeforeItsMessage() throws IOException {
    server.start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.server().httpPort())
            .usePlaintext()
            .build();
    try {
      Metadata.Key<String> authorization =
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
      Metadata.Key<String> tenant =
          Metadata.Key.of("x-scope-orgid", Metadata.ASCII_STRING_MARSHALLER);
      Metadata headers = new Metadata();
      io.grpc.Channel with =
          io.grpc.ClientInterceptors.intercept(
              channel, MetadataUtils.newAttachHeadersInterceptor(headers));
      assertThat(call(with, 900_000)).isEqualTo(Status.Code.UNAUTHENTICATED);
      headers.put(authorization, "Bearer " + WRITER);
      assertThat(call(with, 1)).isEqualTo(Status.Code.PERMISSION_DENIED);
      headers.discardAll(authorization);
      headers.put(authorization, "Bearer " + READER);
      assertThat(call(with, 1)).isEqualTo(Status.Code.OK);
      headers.put(tenant, "globex");
      assertThat(call(with, 1)).isEqualTo(Status.Code.PERMISSION_DENIED);
      headers.put(tenant, "acme");
      assertThat(call(with, 1)).isEqualTo(Status.Code.INVALID_ARGUMENT);
      headers.discardAll(tenant);
      headers.discardAll(authorization);
      headers.put(authorization, basic("prom", "right").substring("Authorization: ".length()));
      headers.put(tenant, "acme-1");
      assertThat(call(with, 1)).isEqualTo(Status.Code.OK);
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void changedFilesCountAndWrongOnesDoNot() throws Exception {
    server.start();
    Credentials credentials = Objects.requireNonNull(server.credentials);
    Files.writeString(
        file, "tokens:\n" + token("other", WRITER, "scopes: [read], tenants: [acme]"));
    credentials.reload();
    assertThat(get("/logs", bearer(READER)).status()).isEqualTo(401);
    assertThat(get("/logs", bearer(WRITER)).text()).isEqualTo("other acme");
    Files.writeString(file, "tokens: [ {name: broken\n");
    credentials.reload();
    assertThat(get("/logs", bearer(WRITER)).status()).isEqualTo(200);
    Files.delete(file);
    credentials.reload();
    assertThat(get("/logs", bearer(WRITER)).status()).isEqualTo(200);
    Files.writeString(file, "{}\n");
    credentials.reload();
    assertThat(get("/logs", bearer(WRITER)).status()).isEqualTo(401);
    assertThat(get("/logs").status()).isEqualTo(401);
    assertThat(server.registry.scrape().stream().map(Object::toString).toList()).isNotEmpty();
  }

  @Test
  void theAuditLogSaysWhoDidWhatAndTakesNoLineFromAClient() throws IOException {
    server.start();
    assertThat(ask("POST", "/admin/flush?by=x%0a%7b%22action%22:1%7d", bearer(ROOT)).status())
        .isEqualTo(200);
    assertThat(ask("POST", "/admin/flush?token=" + ROOT, bearer(READER)).status()).isEqualTo(403);
    assertThat(get("/logs", "X-Scope-OrgID: a\"}{\"action\":\"forged\"", bearer("nope")).status())
        .isEqualTo(401);
    String text = audited();
    // What was let in is written down when it has been answered: its line may come later.
    List<String> lines =
        text.lines()
            .sorted(Comparator.comparing((String line) -> !line.contains("\"outcome\":\"ok\"")))
            .toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0))
        .contains("\"actor\":\"root\"", "\"action\":\"POST /admin/flush\"", "\"outcome\":\"ok\"")
        .contains("\"address\":\"127.0.0.1\"", "\\n{\\\"action");
    assertThat(lines.get(1)).contains("\"actor\":\"reader\"", "\"outcome\":\"denied\"");
    assertThat(lines.get(2)).contains("\"outcome\":\"unauthenticated\"").doesNotContain("nope");
    assertThat(text).doesNotContain(ROOT);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(auditFile)))
        .isEqualTo("rw-------");
  }

  @Test
  void aProxyIsBelievedAsFarAsItIsTrusted() throws IOException {
    auth(List.of("127.0.0.0/8", "10.0.0.0/8"));
    server.start();
    assertThat(
            ask("POST", "/admin/flush", bearer(ROOT), "X-Forwarded-For: 6.6.6.6, 9.9.9.9, 10.1.1.1")
                .status())
        .isEqualTo(200);
    assertThat(audited()).contains("\"address\":\"9.9.9.9\"").doesNotContain("6.6.6.6");
  }

  @Test
  void aFileWithoutCredentialsStopsTheStart() throws IOException {
    Files.writeString(file, "{}\n");
    assertThatThrownBy(() -> new Credentials(file, server.accessMetrics, InstantSource.system()))
        .hasMessageContaining("auth.file")
        .hasMessageContaining("trilith token create");
  }
}
