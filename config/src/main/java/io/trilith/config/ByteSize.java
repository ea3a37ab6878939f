package io.trilith.config;

import java.util.Locale;

/** A number of bytes, written as {@code 64MiB}, {@code 1.5GiB}, {@code 10kB} or {@code 512}. */
public record ByteSize(long bytes) {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final String[] DECIMAL_UNITS = {"B", "kB", "MB", "GB", "TB"};

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("must not be negative");
    }
  }

  /** Reads what {@link #toString} writes, and decimal units. Throws IllegalArgumentException. */
  public static ByteSize parse(String text) {
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

  @Override
  public String toString() {
    int unit = 0;
    long shown = bytes;
    while (unit < UNITS.length - 1 && shown >= 1024 && shown % 1024 == 0) {
      shown /= 1024;
      unit++;
    }
    return shown + UNITS[unit];
  }
}
