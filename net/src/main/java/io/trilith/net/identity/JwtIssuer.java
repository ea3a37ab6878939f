package io.trilith.net.identity;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.trilith.config.ConfigException;
import io.trilith.config.JwtRecord;
import io.trilith.config.Scope;
import java.io.IOException;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks the JSON web tokens of one issuer. Algorithms, keys and audience come from its record; a
 * token's own header chooses among them and brings nothing. Thread-safe; may block for keys.
 */
final class JwtIssuer {
  static final int LENGTH_MAX = 8 << 10;
  private static final JsonFactory JSON = new JsonFactory();
  private static final long SECONDS_MAX = 253_402_300_799L;
  private static final int REMEMBERED_MAX = 10_000;
  private static final long REMEMBERED_SECONDS = 300;

  /** What a header may not ask for: other rules for what the signature covers. */
  private static final Set<String> UNWANTED = Set.of("crit", "b64", "zip");

  private final JwtRecord record;
  private final String keysText;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
  private final InstantSource clock;

  /** Tokens that were right, by digest. Guarded by itself. */
  private final Map<String, Verified> verified = new LinkedHashMap<>(64, 0.75f, true);

  /** Until when it need not be checked again. */
  private record Verified(Caller caller, Instant end) {}

  /**
   * Of a record.
   *
   * @param keysText the JWK set of a record that names a file, else empty; throws ConfigException
   *     when it is none
   */
  JwtIssuer(JwtRecord record, String keysText, InstantSource clock) {
    this.record = record;
    this.keysText = keysText;
    this.clock = clock;
    JWKSource<SecurityContext> keys =
        record.jwksUrl().isEmpty() ? fixed(record, keysText) : FetchedKeys.of(record.jwksUrl());
    Set<JWSAlgorithm> algorithms =
        record.algorithms().stream().map(JWSAlgorithm::parse).collect(Collectors.toSet());
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new EdwardsKeys(algorithms, keys));
    processor.setJWSVerifierFactory(new EdwardsKeys.Verifiers());
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            record.audience(),
            new JWTClaimsSet.Builder().issuer(record.issuer()).build(),
            Set.of("exp")) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    claims.setMaxClockSkew((int) record.leeway().toSeconds());
    processor.setJWTClaimsSetVerifier(claims);
  }

  private static JWKSource<SecurityContext> fixed(JwtRecord record, String text) {
    try {
      // Symmetric keys fall out here, and private halves.
      return new ImmutableJWKSet<>(JWKSet.parse(text).toPublicJWKSet());
    } catch (ParseException | RuntimeException e) {
      throw new ConfigException(
          "auth: jwks-file " + record.jwksFile() + " of '" + record.name() + "' is no JWK set", e);
    }
  }

  /** Whether it would be made as this one is, so that what it knows of keys can be kept. */
  boolean isOf(JwtRecord other, String otherKeys) {
    return record.equals(other) && keysText.equals(otherKeys);
  }

  /** The caller of a token that was right before and has not ended; null else. Never blocks. */
  @Nullable Caller remembered(String digest) {
    synchronized (verified) {
      Verified found = verified.get(digest);
      return found != null && clock.instant().isBefore(found.end()) ? found.caller() : null;
    }
  }

  /** The caller of a token; null when it does not count here. May block for keys. */
  @Nullable Caller check(String token, String digest) {
    if (token.length() > LENGTH_MAX) {
      return null;
    }
    try {
      SignedJWT parsed = SignedJWT.parse(token);
      JWSHeader header = parsed.getHeader();
      if (header.toJSONObject().keySet().stream().anyMatch(UNWANTED::contains)
          || !timesAreNumbers(parsed.getPayload().toBytes())) {
        return null;
      }
      JWTClaimsSet claims = processor.process(parsed, null);
      Caller caller = caller(claims);
      remember(digest, caller, claims.getExpirationTime().toInstant());
      return caller;
    } catch (ParseException | BadJOSEException | JOSEException | RuntimeException e) {
      // Whatever is wrong with it, its sender is told the same.
      return null;
    }
  }

  private void remember(String digest, Caller caller, Instant exp) {
    Instant soon = clock.instant().plusSeconds(REMEMBERED_SECONDS);
    Instant end = exp.plus(record.leeway());
    synchronized (verified) {
      verified.put(digest, new Verified(caller, end.isBefore(soon) ? end : soon));
      if (verified.size() > REMEMBERED_MAX) {
        verified.remove(verified.keySet().iterator().next());
      }
    }
  }

  /** exp and nbf as numbers of a time that calendars have; libraries let them overflow. */
  private static boolean timesAreNumbers(byte[] payload) {
    try (JsonParser json = JSON.createParser(payload)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        return false;
      }
      boolean fine = true;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("exp") || name.equals("nbf")) {
          fine &= value.isNumeric() && Math.abs(json.getDoubleValue()) <= SECONDS_MAX;
        }
        json.skipChildren();
      }
      return fine;
    } catch (IOException e) {
      return false;
    }
  }

  private Caller caller(JWTClaimsSet claims) {
    EnumSet<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String word : words(claims.getClaim(record.scopeClaim()), true)) {
      scopes.addAll(Scope.named(word));
    }
    List<String> tenants = new ArrayList<>();
    for (String tenant : words(claims.getClaim(record.tenantClaim()), false)) {
      boolean all = tenant.equals("*") && record.allowAllTenants();
      // An issuer names tenants; patterns are for records, which an operator reads.
      if (all || (!tenant.isEmpty() && tenant.indexOf('*') < 0)) {
        tenants.add(tenant);
      }
    }
    String subject = claims.getSubject() == null ? "" : claims.getSubject();
    return new Caller(
        record.name() + "/" + subject, Caller.Kind.JWT, scopes, new TenantPatterns(tenants));
  }

  /** A claim that is a text or a list of texts. */
  private static List<String> words(@Nullable Object claim, boolean split) {
    return switch (claim) {
      case String text -> split ? Arrays.asList(text.split(" ", -1)) : List.of(text);
      case Collection<?> list ->
          list.stream().filter(String.class::isInstance).map(Object::toString).toList();
      case null, default -> List.of();
    };
  }

  /** The issuer a token says it is of, unverified; empty when it says none. */
  static String issuerOf(String token) {
    try {
      String issuer = SignedJWT.parse(token).getJWTClaimsSet().getIssuer();
      return issuer == null ? "" : issuer;
    } catch (ParseException | RuntimeException e) {
      return "";
    }
  }

  String issuer() {
    return record.issuer();
  }
}
