package io.trilith.rules.eval;

import io.trilith.storage.model.Labels;
import java.util.Locale;
import java.util.Map;

/**
 * An alert as it is after a tick. Times are milliseconds since 1970, NEVER when it has not
 * happened. Immutable.
 *
 * @param labels its identity: with alertname, without a metric name
 * @param value of the last tick at which it was true
 * @param activeAt when it became pending
 * @param keepFiringSince the first quiet tick while it is kept firing
 */
public record Alert(
    Labels labels,
    Map<String, String> annotations,
    double value,
    State state,
    long activeAt,
    long firedAt,
    long keepFiringSince,
    long resolvedAt) {
  public static final long NEVER = Long.MIN_VALUE;

  /** The ordinal stands in files; a greater one is more urgent. */
  public enum State {
    INACTIVE,
    PENDING,
    FIRING;

    /** As it stands in labels and answers. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A new one. */
  static Alert pending(Labels labels, Map<String, String> annotations, double value, long tick) {
    return new Alert(labels, annotations, value, State.PENDING, tick, NEVER, NEVER, NEVER);
  }

  /** True again at a tick. */
  Alert renewed(Map<String, String> texts, double now) {
    return new Alert(labels, texts, now, state, activeAt, firedAt, NEVER, resolvedAt);
  }

  Alert fired(long tick) {
    return new Alert(
        labels, annotations, value, State.FIRING, activeAt, tick, keepFiringSince, resolvedAt);
  }

  Alert keptSince(long tick) {
    return new Alert(labels, annotations, value, state, activeAt, firedAt, tick, resolvedAt);
  }

  Alert resolved(long tick) {
    return new Alert(
        labels, annotations, value, State.INACTIVE, activeAt, firedAt, keepFiringSince, tick);
  }

  /** Whether only what is rendered anew at each tick differs. */
  boolean sameCourse(Alert other) {
    return state == other.state
        && activeAt == other.activeAt
        && firedAt == other.firedAt
        && keepFiringSince == other.keepFiringSince
        && resolvedAt == other.resolvedAt;
  }
}
