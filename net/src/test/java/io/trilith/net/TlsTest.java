package io.trilith.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.AuditConfig;
import io.trilith.config.AuthConfig;
import io.trilith.config.ConfigException;
import io.trilith.config.Scope;
import io.trilith.config.TlsConfig;
import io.trilith.config.TlsPairConfig;
import io.trilith.net.identity.AuditLog;
import io.trilith.net.identity.Credentials;
import io.trilith.net.tls.TlsPairs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS on the listeners, with certificates that the JDK's keytool makes. */
class TlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  @TempDir private static Path made = Path.of("");

  private final TestServer server = new TestServer();
  @TempDir private Path dir = Path.of("");

  @BeforeAll
  static void certificates() throws Exception {
    make("one", "dns:localhost");
    make("two", "dns:localhost");
    make("shop", "dns:shop.example,dns:*.shops.example");
    make("collector", "uri:spiffe://obs/collector");
    make("stranger", "uri:spiffe://obs/collector");
  }

  /** A key with a certificate of its own, as PKCS #12 and as two PEM files. */
  private static void make(String name, String san) throws Exception {
    Path store = made.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "it",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=" + san,
                "-ext",
                "bc=ca:true",
                "-validity",
                "30",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(keytool.waitFor()).as(said).isZero();
    KeyStore keys = keys(name);
    pem(name + ".crt", "CERTIFICATE", keys.getCertificate("it").getEncoded());
    pem(name + ".key", "PRIVATE KEY", keys.getKey("it", PASSWORD).getEncoded());
  }

  private static KeyStore keys(String name) throws Exception {
    return KeyStore.getInstance(made.resolve(name + ".p12").toFile(), PASSWORD);
  }

  private static void pem(String file, String label, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        made.resolve(file),
        "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n");
  }

  private void copy(String certificate, String key) throws IOException {
    Files.writeString(dir.resolve("tls.crt"), Files.readString(made.resolve(certificate)));
    Files.writeString(dir.resolve("tls.key"), Files.readString(made.resolve(key)));
  }

  private TlsPairs pairs(TlsConfig.ClientAuth clients) {
    boolean none = clients == TlsConfig.ClientAuth.NONE;
    TlsConfig config =
        new TlsConfig(
            dir.resolve("tls.crt"),
            dir.resolve("tls.key"),
            TlsConfig.Version.V1_2,
            Duration.ofSeconds(10),
            clients,
            none ? Path.of("") : made.resolve("collector.crt"),
            List.of(new TlsPairConfig(made.resolve("shop.crt"), made.resolve("shop.key"))));
    return new TlsPairs(
        config, List.of(), server.accessMetrics, server.registry, InstantSource.system());
  }

  private void start(TlsConfig.ClientAuth clients) throws IOException {
    copy("one.crt", "one.key");
    server.tls = pairs(clients);
    server.http.get("/who", request -> HttpAnswer.text(200, request.caller().name()));
    server.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private SSLSocket connect(
      int port, @Nullable String certificate, String name, String... protocols) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    KeyManagerFactory own = KeyManagerFactory.getInstance("PKIX");
    own.init(certificate == null ? null : keys(certificate), PASSWORD);
    context.init(own.getKeyManagers(), new TrustManager[] {new Anybody()}, null);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setServerNames(List.of(new SNIHostName(name)));
    parameters.setApplicationProtocols(protocols);
    socket.setSSLParameters(parameters);
    return socket;
  }

  private static X509Certificate served(SSLSocket socket) throws Exception {
    return (X509Certificate) socket.getSession().getPeerCertificates()[0];
  }

  private static String subject(SSLSocket socket) throws Exception {
    return served(socket).getSubjectX500Principal().getName();
  }

  private static String ask(SSLSocket socket) throws Exception {
    socket
        .getOutputStream()
        .write(
            "GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void eachNameGetsItsCertificateAndOthersTheFirst() throws Exception {
    start(TlsConfig.ClientAuth.NONE);
    String[][] wanted = {
      {"localhost", "CN=one"},
      {"shop.example", "CN=shop"},
      {"a.shops.example", "CN=shop"},
      {"a.b.shops.example", "CN=one"},
      {"nobody.example", "CN=one"}
    };
    int[] ports = {server.server().httpPort(), server.server().otlpHttpPort()};
    for (int port : ports) {
      for (String[] one : wanted) {
        try (SSLSocket socket = connect(port, null, one[0])) {
          assertThat(subject(socket)).as(one[0]).isEqualTo(one[1]);
        }
      }
    }
    try (SSLSocket socket = connect(server.server().httpPort(), null, "localhost")) {
      assertThat(ask(socket)).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void clientsThatOfferBothProtocolsGetTheFirst() throws Exception {
    start(TlsConfig.ClientAuth.NONE);
    String[][] offers = {{"h2", "http/1.1"}, {"http/1.1"}, {"h2"}, {}};
    String[] chosen = {"http/1.1", "http/1.1", "h2", ""};
    for (int i = 0; i < offers.length; i++) {
      try (SSLSocket socket = connect(server.server().httpPort(), null, "localhost", offers[i])) {
        socket.startHandshake();
        assertThat(socket.getApplicationProtocol()).isEqualTo(chosen[i]);
      }
    }
  }

  @Test
  void whoSpeaksPlainIsToldSoInPlain() throws IOException {
    start(TlsConfig.ClientAuth.NONE);
    for (int port :
        new int[] {
          server.server().httpPort(), server.server().otlpHttpPort(), server.server().otlpGrpcPort()
        }) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(20_000);
        socket
            .getOutputStream()
            .write("GET /who HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        String answer =
            new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        assertThat(answer).startsWith("HTTP/1.1 400 ").endsWith("use https\n");
      }
    }
  }

  @Test
  void halfARenewalLeavesTheOldPair() throws Exception {
    start(TlsConfig.ClientAuth.NONE);
    TlsPairs pairs = Objects.requireNonNull(server.tls);
    int port = server.server().httpPort();
    copy("two.crt", "one.key");
    pairs.reload();
    try (SSLSocket socket = connect(port, null, "localhost")) {
      assertThat(subject(socket)).isEqualTo("CN=one");
    }
    copy("two.crt", "two.key");
    pairs.reload();
    try (SSLSocket socket = connect(port, null, "localhost")) {
      assertThat(subject(socket)).isEqualTo("CN=two");
    }
    Files.writeString(dir.resolve("tls.crt"), "-----BEGIN CERTIFICATE-----\nbroken\n");
    pairs.reload();
    try (SSLSocket socket = connect(port, null, "localhost")) {
      assertThat(subject(socket)).isEqualTo("CN=two");
    }
  }

  @Test
  void aPairThatDoesNotFitStopsTheStart() throws IOException {
    copy("one.crt", "two.key");
    assertThatThrownBy(() -> pairs(TlsConfig.ClientAuth.NONE))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tls.key-file")
        .hasMessageContaining("the key is not the certificate's");
  }

  @Test
  void aCertificateSaysWhoAsks() throws Exception {
    Path file = dir.resolve("auth.yml");
    Files.writeString(
        file,
        "certificates:\n  - {san: 'spiffe://obs/collector', scopes: [read], tenants: [acme]}\n");
    server.auth =
        new AuthConfig(AuthConfig.Mode.REQUIRED, file, Duration.ofSeconds(10), List.of(), false);
    server.credentials = new Credentials(file, server.accessMetrics, InstantSource.system());
    server.audit = new AuditLog(new AuditConfig(Path.of("")), server.accessMetrics);
    server.httpTable.needs(Scope.READ_LOGS).get("/logs", request -> HttpAnswer.empty(200));
    start(TlsConfig.ClientAuth.REQUEST);
    int port = server.server().httpPort();
    try (SSLSocket socket = connect(port, "collector", "localhost")) {
      assertThat(ask(socket)).startsWith("HTTP/1.1 200 ").endsWith("spiffe://obs/collector");
    }
    try (SSLSocket socket = connect(port, null, "localhost")) {
      assertThat(ask(socket)).startsWith("HTTP/1.1 401 ");
    }
    try (SSLSocket socket = connect(port, "stranger", "localhost")) {
      // A client that looks at which authorities are accepted shows no certificate of another one.
      assertThat(answerOrEnd(socket)).matches("(?s)|HTTP/1\\.1 401 .*");
    }
  }

  /** With TLS 1.3 a client hears that it was refused when it reads, by an alert or by the end. */
  private static String answerOrEnd(SSLSocket socket) throws Exception {
    try {
      return ask(socket);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void whoShowsNoCertificateIsNotTalkedToWhereOneIsRequired() throws Exception {
    start(TlsConfig.ClientAuth.REQUIRE);
    try (SSLSocket socket = connect(server.server().httpPort(), null, "localhost")) {
      assertThatThrownBy(() -> ask(socket)).isInstanceOf(IOException.class);
    }
    try (SSLSocket socket = connect(server.server().httpPort(), "collector", "localhost")) {
      assertThat(ask(socket)).startsWith("HTTP/1.1 200 ");
    }
  }
}
