package io.trilith.storage.catalog;

import io.trilith.storage.model.TenantId;

/**
 * Writes a tenant into an object name: the characters that names do not take become {@code =XX} in
 * hex.
 */
final class ObjectTenant {
  private ObjectTenant() {}

  static String encode(TenantId tenant) {
    StringBuilder name = new StringBuilder();
    for (int i = 0; i < tenant.value().length(); i++) {
      char c = tenant.value().charAt(i);
      if ("!*'()".indexOf(c) >= 0) {
        name.append('=').append(Integer.toHexString(c));
      } else {
        name.append(c);
      }
    }
    return name.toString();
  }
}
