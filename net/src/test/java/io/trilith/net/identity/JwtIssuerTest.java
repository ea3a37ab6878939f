package io.trilith.net.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.trilith.config.ConfigException;
import io.trilith.config.JwtRecord;
import io.trilith.config.Scope;
import io.trilith.storage.model.TenantId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JwtIssuerTest {
  private static final Instant NOW = Instant.parse("2026-12-01T12:00:00Z");
  private static final RSAKey rsa = rsa();
  private static final RSAKey evil = rsa();
  private static final ECKey ec = ec();

  private static RSAKey rsa() {
    try {
      return new RSAKeyGenerator(2048).keyID("rsa-1").generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ECKey ec() {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID("ec-1").generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JwtRecord record(boolean all) {
    return new JwtRecord(
        "sso",
        "https://id.example/",
        "trilith",
        List.of("RS256", "ES256"),
        Path.of("jwks.json"),
        "",
        "tenants",
        "scope",
        Duration.ofSeconds(5),
        all);
  }

  private static JwtIssuer issuer(boolean all) {
    String keys = new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK())).toString();
    return new JwtIssuer(record(all), keys, InstantSource.fixed(NOW));
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("https://id.example/")
        .audience("trilith")
        .subject("anna")
        .expirationTime(Date.from(NOW.plusSeconds(60)))
        .claim("scope", "openid read")
        .claim("tenants", List.of("acme"));
  }

  private static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer)
      throws Exception {
    SignedJWT token = new SignedJWT(header, claims);
    token.sign(signer);
    return token.serialize();
  }

  private static String token(JWTClaimsSet claims) throws Exception {
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("rsa-1").build();
    return sign(header, claims, new RSASSASigner(rsa));
  }

  private static @Nullable Caller check(String token) {
    return issuer(false).check(token, Digests.hex(token));
  }

  private static Caller counts(String token) {
    return Objects.requireNonNull(check(token), "the token does not count");
  }

  @Test
  void aSignedTokenSaysWhoWhatAndWhose() throws Exception {
    Caller caller = counts(token(claims().build()));
    assertThat(caller.name()).isEqualTo("sso/anna");
    assertThat(caller.scopes())
        .containsExactlyInAnyOrder(Scope.READ_LOGS, Scope.READ_METRICS, Scope.READ_TRACES);
    assertThat(caller.tenants().only()).isEqualTo(new TenantId("acme"));
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("ec-1").build();
    assertThat(check(sign(header, claims().build(), new ECDSASigner(ec)))).isNotNull();
  }

  @Test
  void aTokenOfAnotherKeyAlgorithmOrHeaderDoesNotCount() throws Exception {
    JWTClaimsSet claims = claims().build();
    JWSHeader plain = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("rsa-1").build();
    assertThat(check(sign(plain, claims, new RSASSASigner(evil)))).isNull();
    byte[] publicKey = rsa.toRSAPublicKey().getEncoded();
    JWSHeader symmetric = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa-1").build();
    assertThat(check(sign(symmetric, claims, new MACSigner(publicKey)))).isNull();
    JWSHeader longer = new JWSHeader.Builder(JWSAlgorithm.RS512).keyID("rsa-1").build();
    assertThat(check(sign(longer, claims, new RSASSASigner(rsa)))).isNull();
    JWSHeader embedded = new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(evil.toPublicJWK()).build();
    assertThat(check(sign(embedded, claims, new RSASSASigner(evil)))).isNull();
    JWSHeader type =
        new JWSHeader.Builder(JWSAlgorithm.RS256)
            .keyID("rsa-1")
            .type(new JOSEObjectType("dpop+jwt"))
            .build();
    assertThat(check(sign(type, claims, new RSASSASigner(rsa)))).isNull();
    JWSHeader zipped =
        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("rsa-1").customParam("zip", "DEF").build();
    assertThat(check(sign(zipped, claims, new RSASSASigner(rsa)))).isNull();
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    String[] parts = token(claims).split("\\.", -1);
    assertThat(check(none + "." + parts[1] + ".")).isNull();
    assertThat(check(none + "." + parts[1] + "." + parts[2])).isNull();
  }

  @Test
  void aTokenOutOfItsTimeOrForOthersDoesNotCount() throws Exception {
    Date past = Date.from(NOW.minusSeconds(60));
    assertThat(check(token(claims().expirationTime(past).build()))).isNull();
    assertThat(check(token(claims().expirationTime(null).build()))).isNull();
    Date justPast = Date.from(NOW.minusSeconds(2));
    assertThat(check(token(claims().expirationTime(justPast).build()))).isNotNull();
    Date soon = Date.from(NOW.plusSeconds(600));
    assertThat(check(token(claims().notBeforeTime(soon).build()))).isNull();
    assertThat(check(token(claims().audience("trilith2").build()))).isNull();
    assertThat(check(token(claims().audience(List.of()).build()))).isNull();
    assertThat(check(token(claims().issuer("https://evil.example/").build()))).isNull();
    assertThat(check(token(claims().claim("exp", "later").build()))).isNull();
    assertThat(check(token(claims().claim("pad", "x".repeat(9000)).build()))).isNull();
  }

  @Test
  void withoutAClaimThereIsNoTenantAndAStarIsNone() throws Exception {
    Caller none = counts(token(claims().claim("tenants", null).build()));
    assertThat(none.tenants().patterns()).isEmpty();
    Caller star = counts(token(claims().claim("tenants", List.of("*", "ac*")).build()));
    assertThat(star.tenants().patterns()).isEmpty();
    String all = token(claims().claim("tenants", "*").build());
    Caller allowed = Objects.requireNonNull(issuer(true).check(all, Digests.hex(all)));
    assertThat(allowed.tenants().contains(new TenantId("any"))).isTrue();
  }

  @Test
  void whatWasRightIsRemembered() throws Exception {
    JwtIssuer issuer = issuer(false);
    String token = token(claims().build());
    assertThat(issuer.remembered(Digests.hex(token))).isNull();
    assertThat(issuer.check(token, Digests.hex(token))).isNotNull();
    assertThat(issuer.remembered(Digests.hex(token))).isNotNull();
  }

  /** Seeded: any character of a token changed makes it worthless, and nothing throws. */
  @Test
  void aDamagedTokenNeverCounts() throws Exception {
    long seed = Long.getLong("tests.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    String token = token(claims().build());
    int signature = token.lastIndexOf('.');
    for (int i = 0; i < 200; i++) {
      // The last character of a part holds bits that no decoder looks at.
      int at = random.nextInt(signature);
      char other = token.charAt(at) == 'x' ? 'y' : 'x';
      String damaged = token.substring(0, at) + other + token.substring(at + 1);
      assertThat(check(damaged)).as("seed %d, %s", seed, damaged).isNull();
      assertThat(check(token.substring(0, at))).as("seed %d, cut at %d", seed, at).isNull();
    }
  }

  @Test
  void signaturesOnEdwardsCurvesCount() throws Exception {
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = pair.getPublic().getEncoded();
    String x =
        Base64URL.encode(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length))
            .toString();
    String keys =
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"ed\",\"x\":\"" + x + "\"}]}";
    JwtRecord record =
        new JwtRecord(
            "sso",
            "https://id.example/",
            "trilith",
            List.of("EdDSA"),
            Path.of("jwks.json"),
            "",
            "tenants",
            "scope",
            Duration.ZERO,
            false);
    JwtIssuer issuer = new JwtIssuer(record, keys, InstantSource.fixed(NOW));
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.EdDSA).keyID("ed").build();
    SignedJWT unsigned = new SignedJWT(header, claims().build());
    Signature signing = Signature.getInstance("Ed25519");
    signing.initSign(pair.getPrivate());
    signing.update(unsigned.getSigningInput());
    String input = new String(unsigned.getSigningInput(), StandardCharsets.US_ASCII);
    String token = input + "." + Base64URL.encode(signing.sign());
    assertThat(issuer.check(token, Digests.hex(token))).isNotNull();
    String zero = input + "." + Base64URL.encode(new byte[64]);
    assertThat(issuer.check(zero, Digests.hex(zero))).isNull();
    String rs = token(claims().build());
    assertThat(issuer.check(rs, Digests.hex(rs))).isNull();
  }

  @Test
  void keysThatAreNoneAreRefused() {
    assertThatThrownBy(() -> new JwtIssuer(record(false), "{broken", InstantSource.system()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("jwks.json");
  }
}
