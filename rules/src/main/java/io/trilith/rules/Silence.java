package io.trilith.rules;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.List;

/**
 * Alerts that receivers are not told of for a time. Immutable. Times are milliseconds since 1970.
 *
 * @param matchers all of which an alert's labels match
 * @param endsAt from when on it is over; brought forward when it is ended early
 */
public record Silence(
    String id,
    List<Matcher> matchers,
    long startsAt,
    long endsAt,
    long updatedAt,
    String createdBy,
    String comment) {
  public Silence {
    matchers = List.copyOf(matchers);
  }

  /** Whether it is in force. */
  public boolean active(long now) {
    return startsAt <= now && now < endsAt;
  }

  /** Whether it is about an alert. */
  public boolean covers(Labels labels) {
    return matchers.stream().allMatch(matcher -> matcher.matches(labels));
  }

  /** The same, over at a time. */
  public Silence ended(long now) {
    return new Silence(id, matchers, Math.min(startsAt, now), now, now, createdBy, comment);
  }
}
