package io.trilith.rules.eval;

import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * By what a rule is known to be the same after a change of its group: kind, name, labels, and which
 * of several equal ones it is. Its expression, times and annotations may change.
 */
final class RuleKeys {
  private RuleKeys() {}

  /** The keys of a group's rules, in their order. */
  static List<String> of(RuleGroup group) {
    Map<String, Integer> seen = new HashMap<>();
    List<String> keys = new ArrayList<>();
    for (Rule rule : group.rules()) {
      String key =
          (rule.alerting() ? "alert " : "record ") + rule.name() + Labels.of(rule.labels());
      int before = seen.merge(key, 1, Integer::sum) - 1;
      keys.add(before == 0 ? key : key + " " + before);
    }
    return keys;
  }
}
