package io.trilith.config;

import java.util.List;

/** A user of basic authentication. */
public record UserRecord(
    @Key(doc = "The user's name.", value = "") String name,
    @Key(doc = "bcrypt, as htpasswd -B and Prometheus have it.", value = "") Secret passwordHash,
    @Key(doc = "What the user may do.", value = "") List<String> scopes,
    @Key(doc = "Whose data; * for all, acme-* for all that begin so.", value = "")
        List<String> tenants) {
  public UserRecord {
    scopes = List.copyOf(scopes);
    tenants = List.copyOf(tenants);
    CredentialRules.check(name, scopes, tenants);
    if (name.indexOf(':') >= 0) {
      throw new IllegalArgumentException("name '" + name + "' holds a colon, which ends a name");
    }
    CredentialRules.checkBcrypt(name, passwordHash.value());
  }
}
