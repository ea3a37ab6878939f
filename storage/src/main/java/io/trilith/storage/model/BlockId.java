package io.trilith.storage.model;

import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Names a block: a ULID, so that ids made later sort later. 26 characters of Crockford's base 32.
 */
public record BlockId(String text) implements Comparable<BlockId> {
  private static final String DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final int LENGTH = 26;

  public BlockId {
    if (text.length() != LENGTH || !text.chars().allMatch(c -> DIGITS.indexOf(c) >= 0)) {
      throw new IllegalArgumentException("'" + text + "' is not a block id (a ULID)");
    }
  }

  /** A fresh id of now. */
  public static BlockId create(InstantSource clock, RandomGenerator random) {
    char[] text = new char[LENGTH];
    long millis = clock.millis();
    for (int i = 9; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (millis & 31));
      millis >>>= 5;
    }
    for (int i = 10; i < LENGTH; i++) {
      text[i] = DIGITS.charAt(random.nextInt(32));
    }
    return new BlockId(new String(text));
  }

  /** When it was made, in milliseconds since 1970 by the clock of the process that made it. */
  public long createdMillis() {
    long millis = 0;
    for (int i = 0; i < 10; i++) {
      millis = millis << 5 | DIGITS.indexOf(text.charAt(i));
    }
    return millis;
  }

  @Override
  public int compareTo(BlockId other) {
    return text.compareTo(other.text);
  }

  @Override
  public String toString() {
    return text;
  }
}
