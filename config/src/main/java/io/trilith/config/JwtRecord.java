package io.trilith.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Who issues JSON web tokens that count, and what of them counts. */
public record JwtRecord(
    @Key(doc = "What it is called in the audit log.", value = "") String name,
    @Key(doc = "What a token's iss is, exactly.", value = "") String issuer,
    @Key(doc = "What a token's aud is or holds, exactly.", value = "") String audience,
    @Key(doc = "How tokens may be signed; what a token says is not asked.", value = "")
        List<String> algorithms,
    @Key(doc = "The issuer's public keys, a JWK set.", value = "") Path jwksFile,
    @Key(doc = "Where they are fetched: https, or http on this machine.", value = "")
        String jwksUrl,
    @Key(doc = "The claim that names tenants: a text or a list.", value = "tenants")
        String tenantClaim,
    @Key(doc = "The claim that names scopes: a text with blanks or a list.", value = "scope")
        String scopeClaim,
    @Key(doc = "By how much clocks may differ.", value = "30s") Duration leeway,
    @Key(doc = "Whether * in the tenants' claim means all of them.", value = "false")
        boolean allowAllTenants) {
  private static final Set<String> ALGORITHMS =
      Set.of(
          "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA");
  private static final Duration LEEWAY_MAX = Duration.ofMinutes(10);

  public JwtRecord {
    algorithms = List.copyOf(algorithms);
    if (name.isBlank() || issuer.isEmpty()) {
      throw new IllegalArgumentException("name and issuer are needed");
    }
    if (algorithms.isEmpty()) {
      throw new IllegalArgumentException("'" + name + "' names no algorithms, such as RS256");
    }
    for (String algorithm : algorithms) {
      if (!ALGORITHMS.contains(algorithm)) {
        throw new IllegalArgumentException(
            "algorithm '"
                + algorithm
                + "' of '"
                + name
                + "' is not a public-key signature;"
                + " take of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA");
      }
    }
    if (audience.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + name + "' has no audience: tokens meant for others would count here");
    }
    boolean byFile = !jwksFile.toString().isEmpty();
    if (byFile != jwksUrl.isEmpty()) {
      throw new IllegalArgumentException("'" + name + "' needs one of jwks-file and jwks-url");
    }
    if (!byFile) {
      checkUrl(name, jwksUrl);
    }
    if (leeway.compareTo(LEEWAY_MAX) > 0) {
      throw new IllegalArgumentException("leeway of '" + name + "' is longer than 10m");
    }
  }

  private static void checkUrl(String name, String url) {
    URI uri = URI.create(url);
    String host = uri.getHost() == null ? "" : uri.getHost();
    boolean fine =
        "https".equals(uri.getScheme())
            || ("http".equals(uri.getScheme()) && new HostPort(host, 0).isLoopback());
    if (host.isEmpty() || !fine || uri.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "jwks-url of '"
              + name
              + "' is '"
              + url
              + "': keys come by https, or by http from this machine");
    }
  }
}
