package io.trilith.net.identity;

import io.trilith.config.AuthFile;
import io.trilith.config.CertificateRecord;
import io.trilith.config.ConfigException;
import io.trilith.config.Scope;
import io.trilith.config.Secret;
import io.trilith.config.TokenRecord;
import io.trilith.config.UserRecord;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All credentials at one time. Immutable, but for what issuers fetch. */
final class KnownCallers {
  /** Scopes of the users in Prometheus' web-config.yml, which has none. */
  private static final Set<Scope> OF_PROMETHEUS =
      Scope.parse(List.of("read", "write", "rules", "metrics"));

  /** A bearer token. */
  record Token(Caller caller, Instant end) {}

  /** A user and the bcrypt hash of the password. */
  record User(Caller caller, Secret hash) {
    /** How much bcrypt has to do, as its logarithm. */
    int cost() {
      return Integer.parseInt(hash.value().substring(4, 6));
    }
  }

  private final Map<String, Token> tokens = new HashMap<>();
  private final Map<String, User> users = new HashMap<>();
  private final Map<String, Caller> certificates = new HashMap<>();
  private final List<JwtIssuer> issuers;
  private int dearest;

  /**
   * All of a file.
   *
   * @param inFiles tokens that are files' content, by the path that a record names
   * @param webUsers hashes by name, of Prometheus' file
   */
  KnownCallers(
      AuthFile file,
      Map<String, String> inFiles,
      Map<String, Secret> webUsers,
      List<JwtIssuer> issuers) {
    this.issuers = List.copyOf(issuers);
    for (TokenRecord one : file.tokens()) {
      Caller caller = caller(one.name(), Caller.Kind.TOKEN, one.scopes(), one.tenants());
      String digest =
          one.digest().isEmpty()
              ? Digests.hex(inFiles.getOrDefault(one.tokenFile().toString(), ""))
              : one.digest();
      if (tokens.put(digest, new Token(caller, one.end())) != null) {
        throw new ConfigException("auth: token '" + one.name() + "' is the same as another one");
      }
    }
    for (UserRecord one : file.users()) {
      Caller caller = caller(one.name(), Caller.Kind.USER, one.scopes(), one.tenants());
      users.put(one.name(), new User(caller, one.passwordHash()));
    }
    webUsers.forEach(
        (name, hash) ->
            users.putIfAbsent(
                name,
                new User(
                    new Caller(name, Caller.Kind.USER, OF_PROMETHEUS, TenantPatterns.ALL), hash)));
    for (CertificateRecord one : file.certificates()) {
      certificates.put(
          one.san(), caller(one.name(), Caller.Kind.CERTIFICATE, one.scopes(), one.tenants()));
    }
    users.values().forEach(user -> dearest = Math.max(dearest, user.cost()));
  }

  private static Caller caller(
      String name, Caller.Kind kind, List<String> scopes, List<String> tenants) {
    return new Caller(name, kind, Scope.parse(scopes), new TenantPatterns(tenants));
  }

  boolean isEmpty() {
    return tokens.isEmpty() && users.isEmpty() && certificates.isEmpty() && issuers.isEmpty();
  }

  boolean hasUsers() {
    return !users.isEmpty();
  }

  /** The caller of a token that has not ended; null when it is not known. */
  @Nullable Caller token(String text, Instant now) {
    Token found = tokens.get(Digests.hex(text));
    return found != null && now.isBefore(found.end()) ? found.caller() : null;
  }

  @Nullable User user(String name) {
    return users.get(name);
  }

  /** The most that any user's hash costs, so that an unknown user costs as much. */
  int dearestCost() {
    return dearest;
  }

  /** The caller of a certificate: the first of its names that is listed. */
  @Nullable Caller certificate(List<String> names) {
    for (String name : names) {
      Caller caller = certificates.get(name);
      if (caller != null) {
        return caller;
      }
    }
    return null;
  }

  List<JwtIssuer> issuers() {
    return issuers;
  }
}
