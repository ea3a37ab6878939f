package io.trilith.net.identity;

import io.trilith.config.Scope;
import java.util.Set;

/**
 * Who asks. Immutable.
 *
 * @param name of the record that knows the credential, or the subject of a JSON web token; empty
 *     where nobody is asked
 */
public record Caller(String name, Kind kind, Set<Scope> scopes, TenantPatterns tenants) {
  /** By what a caller is known. */
  public enum Kind {
    /** Not at all: credentials are not asked for, or not on this path. */
    ANYONE,
    TOKEN,
    USER,
    JWT,
    CERTIFICATE
  }

  /** Where credentials are not asked for: may do everything. */
  public static final Caller ANYONE =
      new Caller("", Kind.ANYONE, Set.of(Scope.values()), TenantPatterns.ALL);

  public Caller {
    scopes = Set.copyOf(scopes);
  }

  /** Whether a credential says who it is. */
  public boolean isKnown() {
    return kind != Kind.ANYONE;
  }

  public boolean may(Scope scope) {
    return scopes.contains(scope);
  }
}
