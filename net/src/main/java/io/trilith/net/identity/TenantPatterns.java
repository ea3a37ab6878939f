package io.trilith.net.identity;

import io.trilith.storage.model.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tenants by name, or by how their names begin: {@code acme}, {@code acme-*}, {@code *}. Nothing
 * else is a pattern.
 */
public record TenantPatterns(List<String> patterns) {
  public static final TenantPatterns ALL = new TenantPatterns(List.of("*"));
  static final TenantPatterns NONE = new TenantPatterns(List.of());

  public TenantPatterns {
    patterns = List.copyOf(patterns);
  }

  public boolean contains(TenantId tenant) {
    for (String pattern : patterns) {
      int last = pattern.length() - 1;
      boolean found =
          pattern.charAt(last) == '*'
              ? tenant.value().startsWith(pattern.substring(0, last))
              : tenant.value().equals(pattern);
      if (found) {
        return true;
      }
    }
    return false;
  }

  /** The only tenant there is; null when there are none, several or any number. */
  @Nullable TenantId only() {
    return patterns.size() == 1 && !patterns.getFirst().endsWith("*")
        ? new TenantId(patterns.getFirst())
        : null;
  }
}
