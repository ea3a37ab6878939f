package io.trilith.rules.notify;

import io.trilith.config.ReceiverConfig;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * The groups of alerts of one receiver, and when each is to be told. It knows no clock: callers say
 * what time it is, in milliseconds since 1970. Not thread-safe.
 */
final class ReceiverGroups {
  private static final long PAUSE_MIN_MILLIS = 500;
  private static final long PAUSE_MAX_MILLIS = 60_000;

  /** Longer than resolved alerts are said anew. */
  private static final long ENDED_KEPT_MILLIS = 3_600_000;

  private static final long NEVER = Long.MIN_VALUE;

  private record Id(TenantId tenant, Labels labels) {}

  /** A group. */
  private static final class Group {
    final Map<Labels, Notification> alerts = new LinkedHashMap<>();
    long next;
    long lastSent = NEVER;
    long pause = PAUSE_MIN_MILLIS;
    Set<Labels> toldFiring = new HashSet<>();
  }

  private final ReceiverConfig config;
  private final List<Matcher> matchers;
  private final int max;
  private final BiPredicate<TenantId, Labels> silenced;
  private final Map<Id, Group> groups = new LinkedHashMap<>();
  private final Map<Id, Long> ended = new HashMap<>();
  private int alerts;

  /**
   * Of a receiver.
   *
   * @param matchers all of which an alert must match
   * @param max how many alerts there may be
   * @param silenced whether an alert is not to be told of now
   */
  ReceiverGroups(
      ReceiverConfig config,
      List<Matcher> matchers,
      int max,
      BiPredicate<TenantId, Labels> silenced) {
    this.config = config;
    this.matchers = List.copyOf(matchers);
    this.max = max;
    this.silenced = silenced;
  }

  /** Takes the newest word on an alert; false when there is no room for it. */
  boolean add(TenantId tenant, Notification alert, long now) {
    Labels labels = alert.labels();
    if (!matchers.stream().allMatch(matcher -> matcher.matches(labels))) {
      return true;
    }
    Id itself = new Id(tenant, labels);
    if (alert.resolved()) {
      Long told = ended.get(itself);
      if (told != null && told == alert.endsAt()) {
        return true;
      }
    } else {
      Long _ = ended.remove(itself);
    }
    Id id = new Id(tenant, labels.filter(config.groupBy()::contains));
    Group group = groups.get(id);
    boolean known = group != null && group.alerts.containsKey(labels);
    if (!known && alerts >= max) {
      return false;
    }
    if (group == null) {
      group = new Group();
      group.next = now + config.groupWait().toMillis();
      groups.put(id, group);
    }
    if (group.alerts.put(labels, alert) == null) {
      alerts++;
    }
    return true;
  }

  int size() {
    return alerts;
  }

  /** When it is to be looked again; Long.MAX_VALUE when there is nothing. */
  long next() {
    long next = Long.MAX_VALUE;
    for (Group group : groups.values()) {
      next = Math.min(next, group.next);
    }
    return next;
  }

  /** What is to be told now. Of each message it is said afterwards how it went. */
  List<GroupMessage> due(long now) {
    ended.values().removeIf(end -> now - end > ENDED_KEPT_MILLIS);
    List<GroupMessage> due = new ArrayList<>();
    Iterator<Map.Entry<Id, Group>> all = groups.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Id, Group> entry = all.next();
      Group group = entry.getValue();
      if (group.next > now) {
        continue;
      }
      GroupMessage message = message(entry.getKey(), group, now);
      if (isNeeded(message, group, now)) {
        due.add(message);
        continue;
      }
      forgetEnded(entry.getKey().tenant(), group, now, Set.of());
      group.next = now + config.groupInterval().toMillis();
      if (group.alerts.isEmpty()) {
        all.remove();
      }
    }
    return due;
  }

  private GroupMessage message(Id id, Group group, long now) {
    List<Notification> firing = new ArrayList<>();
    List<Notification> resolved = new ArrayList<>();
    for (Notification alert : group.alerts.values()) {
      if (silenced.test(id.tenant(), alert.labels())) {
        continue;
      }
      if (isOver(alert, now)) {
        if (config.sendResolved()) {
          resolved.add(alert);
        }
      } else {
        firing.add(alert);
      }
    }
    return new GroupMessage(id.tenant(), id.labels(), List.copyOf(firing), List.copyOf(resolved));
  }

  /** Resolved, or not heard of for longer than it was said to be valid. */
  private static boolean isOver(Notification alert, long now) {
    return alert.resolved() || alert.endsAt() <= now;
  }

  private boolean isNeeded(GroupMessage message, Group group, long now) {
    if (!message.resolved().isEmpty()) {
      return true;
    }
    if (message.firing().isEmpty()) {
      return false;
    }
    for (Notification alert : message.firing()) {
      if (!group.toldFiring.contains(alert.labels())) {
        return true;
      }
    }
    return group.lastSent == NEVER || now - group.lastSent >= config.repeatInterval().toMillis();
  }

  /** A message was taken, or refused for good. */
  void sent(GroupMessage message, long now) {
    Id id = new Id(message.tenant(), message.group());
    Group group = groups.get(id);
    if (group == null) {
      return;
    }
    group.lastSent = now;
    group.pause = PAUSE_MIN_MILLIS;
    group.toldFiring = new HashSet<>();
    message.firing().forEach(alert -> group.toldFiring.add(alert.labels()));
    forgetEnded(id.tenant(), group, now, new HashSet<>(message.resolved()));
    group.next = now + config.groupInterval().toMillis();
    if (group.alerts.isEmpty()) {
      Group _ = groups.remove(id);
    }
  }

  /** A message could not be sent: it is tried again. */
  void failed(GroupMessage message, long now) {
    Group group = groups.get(new Id(message.tenant(), message.group()));
    if (group != null) {
      group.next = now + group.pause;
      group.pause = Math.min(PAUSE_MAX_MILLIS, 2 * group.pause);
    }
  }

  /** Drops alerts that are over and were told as such, or are never told. */
  private void forgetEnded(TenantId tenant, Group group, long now, Set<Notification> told) {
    Iterator<Notification> all = group.alerts.values().iterator();
    while (all.hasNext()) {
      Notification alert = all.next();
      boolean over = isOver(alert, now);
      boolean untold =
          config.sendResolved() && !told.contains(alert) && !silenced.test(tenant, alert.labels());
      if (over && !untold) {
        all.remove();
        alerts--;
        if (alert.resolved()) {
          Long _ = ended.put(new Id(tenant, alert.labels()), alert.endsAt());
        }
        boolean _ = group.toldFiring.remove(alert.labels());
      }
    }
  }
}
