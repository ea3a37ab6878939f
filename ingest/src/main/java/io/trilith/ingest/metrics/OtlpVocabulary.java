package io.trilith.ingest.metrics;

import org.jspecify.annotations.Nullable;

/**
 * What requests repeat: attribute keys, metrics, bucket bounds, each with what it becomes. Holds
 * nothing of a tenant's but such names, is used by one request at a time and by many after one
 * another; once it {@link #isFull}, it is replaced. Not thread-safe.
 */
final class OtlpVocabulary {
  private static final int FAMILIES_MAX = 1024;

  /** Families with a longer name and unit are not kept. */
  private static final int NAME_BYTES_MAX = 160;

  private final OtlpRules rules;
  private final AttributeNames names;
  private final BoundLabels bounds = new BoundLabels("le");
  private final BoundLabels quantiles = new BoundLabels("quantile");
  private final @Nullable OtlpFamily[] slots = new OtlpFamily[4 * FAMILIES_MAX];
  private int families;

  OtlpVocabulary(OtlpRules rules) {
    this.rules = rules;
    this.names = new AttributeNames(rules.names());
  }

  OtlpRules rules() {
    return rules;
  }

  AttributeNames names() {
    return names;
  }

  BoundLabels bounds() {
    return bounds;
  }

  BoundLabels quantiles() {
    return quantiles;
  }

  boolean isFull() {
    return families == FAMILIES_MAX || names.isFull();
  }

  /** The family of a metric that is described so. */
  OtlpFamily family(
      OtlpPoint.Kind kind,
      boolean monotonic,
      byte[] message,
      OtlpMetricsDecoder.Slice name,
      OtlpMetricsDecoder.Slice unit) {
    int hash = 31 * name.hash(message) + unit.hash(message) + (monotonic ? 7 : 0) + kind.field();
    int slot = (hash ^ (hash >>> 15)) & (slots.length - 1);
    OtlpFamily known = slots[slot];
    while (known != null) {
      if (known.is(kind, monotonic, message, name, unit)) {
        return known;
      }
      slot = (slot + 1) & (slots.length - 1);
      known = slots[slot];
    }
    OtlpFamily made =
        new OtlpFamily(kind, monotonic, name.copy(message), unit.copy(message), rules);
    if (families < FAMILIES_MAX && name.length() + unit.length() <= NAME_BYTES_MAX) {
      slots[slot] = made;
      families++;
    }
    return made;
  }
}
