package io.trilith.config;

import java.util.List;

/** What all kinds of credentials have in common. */
final class CredentialRules {
  private static final int BCRYPT_LENGTH = 60;
  private static final int COST_MAX = 16;

  private CredentialRules() {}

  /** Throws IllegalArgumentException saying what is wrong. */
  static void check(String name, List<String> scopes, List<String> tenants) {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name is missing");
    }
    if (scopes.isEmpty()) {
      throw new IllegalArgumentException("'" + name + "' has no scopes");
    }
    var _ = Scope.parse(scopes);
    for (String tenant : tenants) {
      int star = tenant.indexOf('*');
      if (tenant.isEmpty() || (star >= 0 && star != tenant.length() - 1)) {
        throw new IllegalArgumentException(
            "tenant '" + tenant + "' of '" + name + "' is neither a name nor one that ends in *");
      }
    }
  }

  static void checkBcrypt(String name, String hash) {
    boolean form =
        hash.length() == BCRYPT_LENGTH
            && (hash.startsWith("$2a$") || hash.startsWith("$2b$") || hash.startsWith("$2y$"))
            && hash.charAt(6) == '$';
    int cost = form ? digit(hash.charAt(4)) * 10 + digit(hash.charAt(5)) : -1;
    if (cost < 4 || cost > COST_MAX) {
      throw new IllegalArgumentException(
          "the password-hash of '"
              + name
              + "' is not bcrypt of cost 4 to "
              + COST_MAX
              + ", as htpasswd -B and trilith user hash write it");
    }
  }

  private static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : -100;
  }
}
