package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthFileTest {
  private static final String HASH = "sha256:" + "0a".repeat(32);
  private static final String BCRYPT = "$2y$10$" + "a".repeat(53);
  @TempDir private Path dir = Path.of("");

  private Path file(String text) throws IOException {
    return Files.writeString(
        dir.resolve("auth.yml"), text.replace("HASH", HASH).replace("BCRYPT", BCRYPT));
  }

  @Test
  void readsAllKindsOfCredentials() throws IOException {
    AuthFile read =
        AuthFile.read(
            file(
                """
                tokens:
                  - {name: grafana, hash: "HASH", scopes: [read], tenants: ["*"], expires: 2027-06-30T00:00:00Z}
                  - name: push
                    token-file: /run/secrets/push
                    scopes: ["write:logs"]
                    tenants: [acme, acme-*]
                users:
                  - {name: prometheus, password-hash: "BCRYPT", scopes: ["write:metrics"], tenants: [acme]}
                jwt:
                  - {name: sso, issuer: "https://id/", audience: trilith, algorithms: [RS256], jwks-url: "https://id/keys"}
                certificates:
                  - {san: "spiffe://obs/collector", scopes: [write], tenants: [acme]}
                """));
    assertThat(read.tokens().getFirst().end()).isEqualTo(Instant.parse("2027-06-30T00:00:00Z"));
    assertThat(read.tokens().get(1).end()).isEqualTo(Instant.MAX);
    assertThat(read.tokens().getFirst().digest()).isEqualTo("0a".repeat(32));
    assertThat(read.users().getFirst().passwordHash().value()).isEqualTo(BCRYPT);
    assertThat(read.jwt().getFirst().tenantClaim()).isEqualTo("tenants");
    assertThat(read.certificates().getFirst().name()).isEqualTo("spiffe://obs/collector");
    assertThat(read.toString()).doesNotContain(BCRYPT).doesNotContain(HASH);
    assertThat(AuthFile.read(file("{}\n")).tokens()).isEmpty();
    assertThat(AuthFile.read(file("")).tokens()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tokens: [{name: x, token: plain, scopes: [read]}] | needs one of hash and token-file",
        "users: [{name: x, password: plain, scopes: [read]}] | users[0]",
        "tokens: [{name: x, hash: 'HASH', scopes: [reed]}] | scope 'reed'",
        "tokens: [{name: x, hash: 'HASH', scopes: [re]}] | scope 're'",
        "tokens: [{name: x, hash: 'HASH'}] | no scopes",
        "tokens: [{name: x, hash: 'sha256:00', scopes: [read]}] | 64 hexadecimal digits",
        "tokens: [{name: x, scopes: [read]}] | hash and token-file",
        "tokens: [{hash: 'HASH', scopes: [read]}] | name is missing",
        "tokens: [{name: x, hash: 'HASH', scopes: [read], expires: soon}] | expires 'soon'",
        "tokens: [{name: x, hash: 'HASH', scopes: [read], tenants: ['a*b']}] | tenant 'a*b'",
        "users: [{name: x, password-hash: secret, scopes: [read]}] | not bcrypt",
        "users: [{name: 'a:b', password-hash: 'BCRYPT', scopes: [read]}] | colon",
        "jwt: [{name: x, issuer: i, audience: a, algorithms: [HS256], jwks-file: k}] | HS256",
        "jwt: [{name: x, issuer: i, audience: a, algorithms: [none], jwks-file: k}] | none",
        "jwt: [{name: x, issuer: i, algorithms: [RS256], jwks-file: k}] | no audience",
        "jwt: [{name: x, issuer: i, audience: a, algorithms: [RS256]}] | jwks-file and jwks-url",
        "jwt: [{name: x, issuer: i, audience: a, algorithms: [RS256], jwks-url: 'http://e.com/k'}] | https",
        "tokens: plain-secret | not a list of records"
      })
  void whatIsWrongIsRefusedWithItsPlaceAndWithoutItsSecret(String text, String said)
      throws IOException {
    Path file = file(text + "\n");
    assertThatThrownBy(() -> AuthFile.read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("auth.yml")
        .hasMessageContaining(said)
        .message()
        .doesNotContain("plain-secret", HASH, BCRYPT);
  }

  @Test
  void aNameIsThereOnce() throws IOException {
    String one = "  - {name: x, hash: \"HASH\", scopes: [read], tenants: [a]}\n";
    Path file = file("tokens:\n" + one + one);
    assertThatThrownBy(() -> AuthFile.read(file)).hasMessageContaining("'x' is there twice");
  }

  @Test
  void recordsAreAddedAndRemovedAndTheRestStaysAsItIs() throws IOException {
    Path file = dir.resolve("new.yml");
    AuthFileText text = AuthFileText.read(file);
    text.add("tokens", "{name: \"a\", hash: \"" + HASH + "\", scopes: [read]}");
    text.add("tokens", "{name: \"b\", hash: \"" + HASH + "\", scopes: [read]}");
    text.write();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(AuthFile.read(file).tokens().stream().map(TokenRecord::name)).contains("a", "b");
    Files.writeString(
        file,
        """
        # ours
        tokens:
          - name: first   # who
            hash: "HASH"
            scopes:
              - read
          - {name: second, hash: "HASH", scopes: [read]}
        certificates:
          - {san: x, scopes: [read]}
        """
            .replace("HASH", HASH));
    text = AuthFileText.read(file);
    assertThat(text.remove("tokens", "third")).isFalse();
    assertThat(text.remove("users", "first")).isFalse();
    assertThat(text.remove("tokens", "first")).isTrue();
    text.write();
    assertThat(Files.readAllLines(file))
        .isEqualTo(
            List.of(
                "# ours",
                "tokens:",
                "  - {name: second, hash: \"" + HASH + "\", scopes: [read]}",
                "certificates:",
                "  - {san: x, scopes: [read]}"));
    text = AuthFileText.read(file);
    assertThat(text.remove("tokens", "second")).isTrue();
    text.write();
    assertThat(AuthFile.read(file).tokens()).isEmpty();
    assertThat(AuthFile.read(file).certificates()).hasSize(1);
  }

  @Test
  void prometheusWebConfigIsTakenAsItIs() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("web-config.yml"),
            """
            tls_server_config:
              cert_file: server.crt
              key_file: server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.crt
              client_allowed_sans: ["spiffe://obs/a"]
              min_version: TLS13
            http_server_config:
              http2: true
            basic_auth_users:
              alice: BCRYPT
            """
                .replace("BCRYPT", BCRYPT));
    WebConfig read = WebConfig.read(file);
    assertThat(read.users().keySet()).containsExactly("alice");
    assertThat(read.tls().certFile()).isEqualTo(dir.resolve("server.crt"));
    assertThat(read.tls().clientAuth()).isEqualTo(TlsConfig.ClientAuth.REQUIRE);
    assertThat(read.tls().minVersion()).isEqualTo(TlsConfig.Version.V1_3);
    assertThat(read.allowedSans()).containsExactly("spiffe://obs/a");
    Files.writeString(file, "tls_server_config: {cipher_suites: [x]}\n");
    assertThatThrownBy(() -> WebConfig.read(file)).hasMessageContaining("cipher_suites");
    Files.writeString(file, "basic_auth_users: {alice: plain-secret}\n");
    assertThatThrownBy(() -> WebConfig.read(file))
        .hasMessageContaining("alice")
        .message()
        .doesNotContain("plain-secret");
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.255.0.1, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "192.168.1.128/25, 192.168.1.129, true",
    "192.168.1.128/25, 192.168.1.1, false",
    "127.0.0.1, 127.0.0.1, true",
    "0.0.0.0/0, 8.8.8.8, true",
    "fd00::/8, fd12::1, true",
    "fd00::/8, fe80::1, false",
    "10.0.0.0/8, ::1, false"
  })
  void aRangeHasTheAddressesThatShareItsBits(String range, String address, boolean in) {
    assertThat(AddressRange.parse(range).contains(java.net.InetAddress.ofLiteral(address)))
        .isEqualTo(in);
  }
}
