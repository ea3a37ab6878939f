package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Rule;
import java.util.List;

/** Is told of alerts that are to be sent. Must not block. */
@FunctionalInterface
public interface AlertListener {
  /**
   * Alerts of one rule that fire or are resolved.
   *
   * @param validUntil when one that fires is to be taken for resolved unless it is sent again,
   *     milliseconds since 1970
   */
  void send(GroupKey key, Rule rule, List<Alert> alerts, long validUntil);
}
