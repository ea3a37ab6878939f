package io.trilith.config;

import java.util.Locale;

/** A number of bytes, written as {@code 64MiB}, {@code 1.5GiB}, {@code 10kB} or {@code 512}. */
public record ByteSize(long bytes) {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] DECIMAL_UNITS = {"B", "kB", "MB", "GB", "TB"};

  /** A size that follows from others; only of keys whose default it is. */
  public static final ByteSize AUTO = new ByteSize(-1);

  public ByteSize {
    if (bytes < -1) {
      throw new IllegalArgumentException("must not be negative");
    }
  }

  /** Reads what {@link #toString} writes, and decimal units. Throws IllegalArgumentException. */
  public static ByteSize parse(String text) {
    if (text.equals("auto")) {
      return AUTO;
    }
    int digits = 0;
    while (digits < text.length() && "0123456789.".indexOf(text.charAt(digits)) >= 0) {
      digits++;
    }
    String unit = text.substring(digits).strip().toLowerCase(Locale.ROOT);
    long factor = unit.isEmpty() ? 1 : factor(unit);
    if (digits == 0 || factor == 0) {
      throw new IllegalArgumentException("is not a size such as 64MiB or 10kB");
    }
    return new ByteSize(Math.round(Double.parseDouble(text.substring(0, digits)) * factor));
  }

  private static long factor(String unit) {
    for (int i = 0; i < UNITS.length; i++) {
      if (unit.equals(UNITS[i].toLowerCase(Locale.ROOT))) {
        return 1L << (10 * i);
      }
      if (unit.equals(DECIMAL_UNITS[i].toLowerCase(Locale.ROOT))) {
        return Math.round(Math.pow(1000, i));
      }
    }
    return 0;
  }

  /** Whether it follows from others. */
  public boolean isAuto() {
    return bytes < 0;
  }

  @Override
  public String toString() {
    if (isAuto()) {
      return "auto";
    }
    int unit = 0;
    long shown = bytes;
    while (unit < UNITS.length - 1 && shown >= 1024 && shown % 1024 == 0) {
      shown /= 1024;
      unit++;
    }
    return shown + UNITS[unit];
  }
}
