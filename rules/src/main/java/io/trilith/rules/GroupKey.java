package io.trilith.rules;

import io.trilith.storage.model.TenantId;
import java.util.Comparator;

/**
 * Which group is meant.
 *
 * @param namespace the path of a file, or the namespace it was set in
 */
public record GroupKey(TenantId tenant, Source source, String namespace, String group)
    implements Comparable<GroupKey> {
  private static final Comparator<GroupKey> ORDER =
      Comparator.comparing(GroupKey::tenant)
          .thenComparing(GroupKey::namespace)
          .thenComparing(GroupKey::group)
          .thenComparing(GroupKey::source);

  /** Where groups come from. The ordinal stands in files. */
  public enum Source {
    /** A rule file; any language. */
    FILE,
    /** Mimir's API: PromQL or TraceQL. */
    PROMETHEUS,
    /** Loki's API: LogQL. */
    LOKI
  }

  /** By tenant, file and name. */
  @Override
  public int compareTo(GroupKey other) {
    return ORDER.compare(this, other);
  }
}
