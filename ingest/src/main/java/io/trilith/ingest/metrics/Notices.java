package io.trilith.ingest.metrics;

import io.trilith.ingest.Rejections;
import io.trilith.storage.model.TenantId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tells a sender what was left out of what was stored: once, not at every export. What is known of
 * one request; {@link Told} outlives it. Not thread-safe.
 */
final class Notices {
  private final Told told;
  private final TenantId tenant;
  private final Rejections rejections;

  /** What has been told lately. Bounded: what was told longest ago is told again. Thread-safe. */
  static final class Told {
    private static final int KEPT_MAX = 4096;

    private final LinkedHashMap<String, Boolean> lately =
        new LinkedHashMap<>(64, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > KEPT_MAX;
          }
        };

    private synchronized boolean isNew(String what) {
      return lately.put(what, true) == null;
    }
  }

  Notices(Told told, TenantId tenant, Rejections rejections) {
    this.told = told;
    this.tenant = tenant;
    this.rejections = rejections;
  }

  /**
   * Says a message unless it was said already.
   *
   * @param reason a fixed word for the own metrics
   * @param subject what of the tenant's it is about; what is equal is told once
   */
  void once(String reason, String subject, String message) {
    if (told.isNew(tenant.value() + "\0" + reason + "\0" + subject)) {
      rejections.add(reason, 0, message);
    }
  }
}
