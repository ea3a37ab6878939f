package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group as it is now, for people. Immutable.
 *
 * @param intervalMillis in force
 * @param nanos how long the last tick took
 * @param lastTick milliseconds since 1970, {@link Alert#NEVER} before the first
 */
public record GroupReport(
    GroupKey key,
    RuleGroup group,
    long intervalMillis,
    long nanos,
    long lastTick,
    List<RuleReport> rules) {

  /** How a rule does. */
  public enum Health {
    UNKNOWN,
    OK,
    ERR
  }

  /**
   * A rule.
   *
   * @param error of the last evaluation, null when that succeeded
   * @param alerts pending and firing ones
   * @param lastMillis when it was evaluated last, {@link Alert#NEVER} before
   */
  public record RuleReport(
      Rule rule,
      Health health,
      @Nullable String error,
      long nanos,
      long lastMillis,
      List<Alert> alerts) {

    /** The most urgent of its alerts'; INACTIVE when it has none. */
    public Alert.State state() {
      Alert.State state = Alert.State.INACTIVE;
      for (Alert alert : alerts) {
        state = alert.state().ordinal() > state.ordinal() ? alert.state() : state;
      }
      return state;
    }
  }
}
