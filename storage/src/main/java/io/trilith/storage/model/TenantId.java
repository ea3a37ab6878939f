package io.trilith.storage.model;

import io.trilith.storage.error.InvalidRequestException;

/**
 * The unit of isolation, from {@code X-Scope-OrgID}. 1 to 150 characters out of {@code
 * a-zA-Z0-9!-_.*'()}; never {@code .} or {@code ..}, so that an id is safe as a path element. The
 * rules are those of Mimir, Loki and Tempo.
 */
public record TenantId(String value) implements Comparable<TenantId> {
  public static final TenantId ANONYMOUS = new TenantId("anonymous");
  private static final int LENGTH_MAX = 150;

  public TenantId {
    if (value.isEmpty()) {
      throw new InvalidRequestException("no org id");
    }
    if (value.length() > LENGTH_MAX) {
      throw new InvalidRequestException(
          "tenant id is longer than " + LENGTH_MAX + " characters: it has " + value.length());
    }
    if (value.equals(".") || value.equals("..")) {
      throw new InvalidRequestException("tenant id is '" + value + "', which is not allowed");
    }
    for (int i = 0; i < value.length(); i++) {
      if (!allowed(value.charAt(i))) {
        throw new InvalidRequestException(
            "tenant id contains an unsupported character at position "
                + i
                + "; allowed are a-zA-Z0-9!-_.*'()");
      }
    }
  }

  private static boolean allowed(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!-_.*'()".indexOf(c) >= 0;
  }

  @Override
  public int compareTo(TenantId other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
