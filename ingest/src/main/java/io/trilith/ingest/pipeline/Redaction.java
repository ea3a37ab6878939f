package io.trilith.ingest.pipeline;

import io.trilith.config.PipelineFile.Place;
import io.trilith.storage.model.Labels;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one tenant. Which of them count for something with labels is a set of bits, made
 * once and asked of each of its texts. Immutable, thread-safe.
 */
public final class Redaction {
  private final RedactRule[] rules;
  private final long[] byPlace = new long[Place.values().length];
  private final Tally tally;

  /** Is told what was replaced. */
  @FunctionalInterface
  interface Tally {
    void replaced(String rule, Place place, int pieces);
  }

  /** At most 64 rules. */
  Redaction(List<RedactRule> rules, Tally tally) {
    this.rules = rules.toArray(RedactRule[]::new);
    this.tally = tally;
    for (int i = 0; i < this.rules.length; i++) {
      for (Place place : Place.values()) {
        if (this.rules[i].isIn(place)) {
          byPlace[place.ordinal()] |= 1L << i;
        }
      }
    }
  }

  /** The rules that count for what has these labels. */
  public long rules(Labels labels) {
    long found = 0;
    for (int i = 0; i < rules.length; i++) {
      if (rules[i].isFor(labels)) {
        found |= 1L << i;
      }
    }
    return found;
  }

  /** All rules that have no selector. */
  public long unselective() {
    long found = 0;
    for (int i = 0; i < rules.length; i++) {
      found |= rules[i].hasSelector() ? 0 : 1L << i;
    }
    return found;
  }

  /** Whether any of the rules is for this place. */
  public boolean isFor(Place place, long of) {
    return (byPlace[place.ordinal()] & of) != 0;
  }

  /** Whether any of the rules may find something, at one of two places: cheap. */
  public boolean mayFind(Place place, Place other, long of, byte[] text, int from, int to) {
    for (long left = (byPlace[place.ordinal()] | byPlace[other.ordinal()]) & of;
        left != 0;
        left &= left - 1) {
      if (rules[Long.numberOfTrailingZeros(left)].mayFind(text, from, to)) {
        return true;
      }
    }
    return false;
  }

  /** The text as it is to be stored, null when it stays. */
  public byte @Nullable [] apply(Place place, long of, byte[] text, int from, int to) {
    return apply(place, place, of, text, from, to);
  }

  /** As above, of a place that has two names: structured metadata of an attribute. */
  public byte @Nullable [] apply(Place place, Place other, long of, byte[] text, int from, int to) {
    byte[] changed = null;
    for (long left = (byPlace[place.ordinal()] | byPlace[other.ordinal()]) & of;
        left != 0;
        left &= left - 1) {
      RedactRule rule = rules[Long.numberOfTrailingZeros(left)];
      RedactRule.Count count = new RedactRule.Count();
      byte[] next =
          changed == null
              ? rule.apply(text, from, to, place == Place.LINE, count)
              : rule.apply(changed, 0, changed.length, place == Place.LINE, count);
      if (next != null) {
        changed = next;
        tally.replaced(rule.name(), place, count.pieces());
      }
    }
    return changed;
  }

  /** As above, of a text. */
  public String apply(Place place, long of, String text) {
    byte[] bytes = LabelText.bytes(text);
    byte[] changed = apply(place, of, bytes, 0, bytes.length);
    return changed == null ? text : LabelText.text(changed);
  }

  /** What stands instead of a number, null when it stays. */
  public byte @Nullable [] apply(Place place, long of, long number) {
    for (long left = byPlace[place.ordinal()] & of; left != 0; left &= left - 1) {
      if (rules[Long.numberOfTrailingZeros(left)].isFound(number)) {
        byte[] text = LabelText.bytes(Long.toString(number));
        return apply(place, of, text, 0, text.length);
      }
    }
    return null;
  }

  /** Whether a number is one that any of the rules replaces, wherever it stands. */
  boolean isFound(long number) {
    for (RedactRule rule : rules) {
      if (rule.isFound(number)) {
        return true;
      }
    }
    return false;
  }

  /** Whether any rule may find something, wherever it stands: cheap. */
  boolean mayFind(byte[] text, int from, int to) {
    for (RedactRule rule : rules) {
      if (rule.mayFind(text, from, to)) {
        return true;
      }
    }
    return false;
  }

  /** Labels with the values as they are to be stored; the same ones when all stay. */
  Labels apply(Place place, long of, Labels labels) {
    Labels.Builder changed = null;
    for (int i = 0; i < labels.size(); i++) {
      String value = labels.value(i);
      String next = apply(place, of, value);
      if (!next.equals(value)) {
        changed = changed == null ? labels.toBuilder() : changed;
        changed.set(labels.name(i), next);
      }
    }
    return changed == null ? labels : changed.build();
  }

  /** How many rules there are. */
  int size() {
    return rules.length;
  }

  @Override
  public String toString() {
    return Arrays.stream(rules).map(RedactRule::name).toList().toString();
  }
}
