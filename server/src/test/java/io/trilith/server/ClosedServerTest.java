package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole server that asks for credentials: who gets where. */
class ClosedServerTest {
  private static final String READER = "trl_reads_and_nothing_more_than_that";
  @TempDir private static Path dir = Path.of("");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private @Nullable TrilithServer server;

  @BeforeEach
  void start() throws Exception {
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(READER.getBytes(StandardCharsets.UTF_8));
    Path file = dir.resolve("auth.yml");
    Files.writeString(
        file,
        "tokens:\n  - {name: r, hash: \"sha256:%s\", scopes: [read], tenants: [a]}\n"
            .formatted(HexFormat.of().formatHex(digest)));
    Path data = dir.resolve("data");
    List<String> sets = new ArrayList<>(List.of("storage.data-dir=" + data, "tenancy.multi=true"));
    for (String key : List.of("http", "otlp-grpc", "otlp-http")) {
      sets.add("server." + key + "-listen=0.0.0.0:0");
    }
    sets.add("auth.file=" + file);
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    Objects.requireNonNull(server).close();
  }

  private int status(String method, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + Objects.requireNonNull(server).httpPort() + path))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  @Test
  void onlyHealthIsForEveryone() throws Exception {
    for (String path : List.of("/ready", "/-/ready", "/-/healthy", "/loki/ready", "/tempo/ready")) {
      assertThat(status("GET", path)).as(path).isEqualTo(200);
    }
    for (String path :
        List.of(
            "/metrics",
            "/api/v1/labels",
            "/loki/api/v1/labels",
            "/api/search/tags",
            "/api/v1/status/buildinfo",
            "/api/status/buildinfo",
            "/api/echo",
            "/admin/instance",
            "/api/v1/status/config",
            "/no/such/path")) {
      assertThat(status("GET", path)).as(path).isEqualTo(401);
    }
  }

  @Test
  void aReaderReadsAndDoesNothingElse() throws Exception {
    String[] reader = {"authorization", "Bearer " + READER};
    for (String path :
        List.of(
            "/api/v1/labels",
            "/loki/api/v1/labels",
            "/api/search/tags",
            "/api/v1/status/buildinfo",
            "/api/v1/rules")) {
      assertThat(status("GET", path, reader)).as(path).isEqualTo(200);
    }
    for (String path :
        List.of(
            "/admin/flush",
            "/admin/compact",
            "/admin/retention/run",
            "/-/reload",
            "/api/v1/write",
            "/api/prom/push",
            "/loki/api/v1/push",
            "/otlp/v1/traces",
            "/loki/api/v1/delete",
            "/api/v1/admin/delete",
            "/api/v1/rules/backfill")) {
      assertThat(status("POST", path, reader)).as(path).isEqualTo(403);
    }
    assertThat(status("GET", "/metrics", reader)).isEqualTo(403);
    assertThat(status("GET", "/api/v1/status/config", reader)).isEqualTo(403);
  }

  @Test
  void theDataDirectoryIsClosedToOthers() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("data"))))
        .isEqualTo("rwxr-x---");
  }
}
