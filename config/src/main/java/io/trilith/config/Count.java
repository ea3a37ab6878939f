package io.trilith.config;

/** How many of something, written as a number, or {@code auto} where it follows from others. */
public record Count(int value) {
  /** A number that follows from others. */
  public static final Count AUTO = new Count(-1);

  public Count {
    if (value < -1) {
      throw new IllegalArgumentException("must not be negative");
    }
  }

  /** Reads what {@link #toString} writes. Throws IllegalArgumentException. */
  public static Count parse(String text) {
    if (text.equals("auto")) {
      return AUTO;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= 0) {
        return new Count(value);
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is neither auto nor a whole number up to 2147483647", e);
    }
    throw new IllegalArgumentException("must not be negative");
  }

  /** Whether it follows from others. */
  public boolean isAuto() {
    return value < 0;
  }

  @Override
  public String toString() {
    return isAuto() ? "auto" : Integer.toString(value);
  }
}
