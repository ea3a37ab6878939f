package io.trilith.rules.notify;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a receiver is told of one group. Immutable.
 *
 * @param group the labels that all alerts of it share by definition
 * @param firing those that go on
 * @param resolved those that are over, and were not told as such yet
 */
record GroupMessage(
    TenantId tenant, Labels group, List<Notification> firing, List<Notification> resolved) {
  boolean isResolved() {
    return firing.isEmpty();
  }

  /** All, those that go on first. */
  List<Notification> all() {
    List<Notification> all = new ArrayList<>(firing);
    all.addAll(resolved);
    return all;
  }

  /** Labels that all alerts have with the same value. */
  Map<String, String> commonLabels() {
    return common(all().stream().map(one -> one.labels().toMap()).toList());
  }

  /** Annotations that all alerts have with the same text. */
  Map<String, String> commonAnnotations() {
    return common(all().stream().map(Notification::annotations).toList());
  }

  private static Map<String, String> common(List<Map<String, String>> all) {
    if (all.isEmpty()) {
      return Map.of();
    }
    Map<String, String> common = new LinkedHashMap<>(all.getFirst());
    common
        .entrySet()
        .removeIf(
            entry ->
                !all.stream().allMatch(one -> entry.getValue().equals(one.get(entry.getKey()))));
    return common;
  }
}
