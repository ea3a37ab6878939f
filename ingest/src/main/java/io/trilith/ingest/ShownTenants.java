package io.trilith.ingest;

import io.trilith.storage.model.TenantId;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which tenants own metrics tell apart: the first 500, so that thousands of them do not make
 * thousands of series each. Thread-safe.
 */
public final class ShownTenants {
  private static final int MAX = 500;
  private static final String OTHERS = "other";

  private final Set<String> shown = ConcurrentHashMap.newKeySet();

  /** The value of the label. */
  public String shown(TenantId tenant) {
    String name = tenant.value();
    if (shown.contains(name) || (shown.size() < MAX && shown.add(name))) {
      return name;
    }
    return OTHERS;
  }
}
