package io.trilith.storage.memory;

import java.util.TreeSet;
import java.util.function.LongConsumer;

/**
 * A sorted set of texts that says how many bytes each takes before it holds it. Not thread-safe.
 */
@SuppressWarnings("serial") // never serialised
public final class ChargedTexts extends TreeSet<String> {
  /** The text's object and its place in the set. */
  private static final int TEXT_BYTES = 100;

  private final transient LongConsumer charge;

  /** A set of nothing yet; the charge may throw. */
  public ChargedTexts(LongConsumer charge) {
    this.charge = charge;
  }

  @Override
  public boolean add(String text) {
    if (contains(text)) {
      return false;
    }
    charge.accept(TEXT_BYTES + (long) text.length());
    return super.add(text);
  }
}
