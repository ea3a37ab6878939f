package io.trilith.config;

import java.time.Duration;

/** How long some of the data stays, or how much of it. */
public record RetentionPolicy(
    @Key(doc = "The tenant it is for, * for each.", value = "*") String tenant,
    @Key(doc = "all, metrics, logs or traces.", value = "all") Scope signal,
    @Key(
            doc =
                "What it is for: PromQL matchers, a LogQL stream selector or a TraceQL filter; empty for"
                    + " everything.")
        String selector,
    @Key(doc = "Age at which it expires; 0 keeps it for ever.") Duration keep,
    @Key(
            doc =
                "Bytes of blocks it may have; beyond that the oldest blocks go. 0 takes any. Only without"
                    + " a selector.",
            value = "0")
        ByteSize maxBytes,
    @Key(doc = "Of several that are for the same data the greatest one wins.", value = "0")
        int priority) {
  /** The signals it is for. */
  public enum Scope {
    ALL,
    METRICS,
    LOGS,
    TRACES
  }

  public RetentionPolicy {
    if (!selector.isBlank() && signal == Scope.ALL) {
      throw new IllegalArgumentException(
          "selector = '" + selector + "' needs signal to be metrics, logs or traces");
    }
    if (!selector.isBlank() && maxBytes.bytes() > 0) {
      throw new IllegalArgumentException(
          "max-bytes = "
              + maxBytes
              + " cannot go with a selector: bytes are counted by blocks, which hold more than what '"
              + selector
              + "' finds");
    }
  }
}
