package io.trilith.rules.eval;

import io.trilith.storage.model.Labels;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What of a group outlives the process: its last tick and the alerts of its rules. Changed by
 * whoever holds its lock, from before the change is written to the log until it is done here.
 */
final class GroupState {
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private long tick = Alert.NEVER;
  private Map<String, Map<Labels, Alert>> alerts = new HashMap<>();

  /** An alert that changed; gone when nothing is known of it any more. */
  record Change(Alert alert, boolean gone) {}

  ReentrantLock lock() {
    return lock;
  }

  /** The last tick that happened, NEVER when none did. */
  long tick() {
    lock.lock();
    try {
      return tick;
    } finally {
      lock.unlock();
    }
  }

  /** The alerts of a rule by labels, those that were resolved lately included. */
  Map<Labels, Alert> alerts(String ruleKey) {
    lock.lock();
    try {
      return alerts.getOrDefault(ruleKey, Map.of());
    } finally {
      lock.unlock();
    }
  }

  /** All alerts, by rule. */
  Map<String, Map<Labels, Alert>> all() {
    lock.lock();
    try {
      return new HashMap<>(alerts);
    } finally {
      lock.unlock();
    }
  }

  /** Takes over what a tick has come to: the alerts of all its rules. */
  void happened(long at, Map<String, Map<Labels, Alert>> after) {
    lock.lock();
    try {
      tick = at;
      alerts = after;
    } finally {
      lock.unlock();
    }
  }

  /** Takes over a note of the log; what is older than what is known is passed over. */
  void replay(long at, boolean whole, Map<String, List<Change>> changes) {
    lock.lock();
    try {
      if (at <= tick) {
        return;
      }
      tick = at;
      Map<String, Map<Labels, Alert>> next = new HashMap<>();
      if (!whole) {
        next.putAll(alerts);
      }
      changes.forEach(
          (rule, list) -> {
            Map<Labels, Alert> changed = new LinkedHashMap<>(next.getOrDefault(rule, Map.of()));
            for (Change change : list) {
              if (change.gone()) {
                changed.remove(change.alert().labels());
              } else {
                changed.put(change.alert().labels(), change.alert());
              }
            }
            next.put(rule, changed);
          });
      alerts = next;
    } finally {
      lock.unlock();
    }
  }
}
