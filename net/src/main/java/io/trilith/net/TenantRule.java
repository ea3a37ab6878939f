package io.trilith.net;

import io.trilith.storage.model.TenantId;
import org.jspecify.annotations.Nullable;

/** Whose request it is. */
record TenantRule(boolean multi) {
  static final String HEADER = "x-scope-orgid";

  /**
   * The tenant.
   *
   * @param count how often the header is there
   * @throws HttpStatusException 401 without an id
   * @throws io.trilith.storage.error.InvalidRequestException when the id is not a valid one
   */
  TenantId tenant(@Nullable String header, int count) {
    if (!multi) {
      return TenantId.ANONYMOUS;
    }
    if (header == null || header.isEmpty()) {
      throw new HttpStatusException(401, "no org id");
    }
    if (count > 1) {
      throw new HttpStatusException(400, "several X-Scope-OrgID headers");
    }
    return new TenantId(header);
  }
}
