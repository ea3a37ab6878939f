package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import io.trilith.storage.encoding.ByteReader;
import java.time.LocalDate;
import java.util.Arrays;

/** Columns of texts that are numbers. */
final class Numbers {
  static final int DIGITS_MAX = 18;

  /** Texts of numbers that are frequent. */
  private static final String[] SMALL = new String[1024];

  static {
    Arrays.setAll(SMALL, Integer::toString);
  }

  private Numbers() {}

  static Column number(int kind, ByteReader in, int count, Codec.RowTimes times) {
    int parameter = kind == Column.ADDRESS ? 0 : in.getByte();
    if (parameter > DIGITS_MAX) {
      throw in.corrupt("numbers of " + parameter + " digits");
    }
    long[] values = Codec.getInts(in, count, times);
    for (long value : values) {
      if (value < 0 || (kind == Column.ADDRESS && value > 0xffffffffL)) {
        throw in.corrupt("number " + value + " in a column of kind " + kind);
      }
    }
    return switch (kind) {
      case Column.INTEGER -> new Integers(values, parameter);
      case Column.DECIMAL -> new Decimals(values, parameter);
      default -> new Addresses(values);
    };
  }

  private abstract static class Longs extends Column {
    final long[] values;

    Longs(long[] values) {
      this.values = values;
    }

    @Override
    int size() {
      return 32 + 8 * values.length;
    }
  }

  private static final class Integers extends Longs {
    private final int digits;

    Integers(long[] values, int digits) {
      super(values);
      this.digits = digits;
    }

    @Override
    String text(int row) {
      long value = values[row];
      return value < SMALL.length && digits <= 1 ? SMALL[(int) value] : super.text(row);
    }

    @Override
    int length(int row) {
      return Math.max(digits, Bytes.digits(values[row]));
    }

    @Override
    void append(int row, Bytes into) {
      into.putDigits(values[row], digits);
    }
  }

  private static final class Decimals extends Longs {
    private final int scale;
    private final long unit;

    Decimals(long[] values, int scale) {
      super(values);
      this.scale = scale;
      this.unit = power(scale);
    }

    @Override
    int length(int row) {
      return Bytes.digits(values[row] / unit) + 1 + scale;
    }

    @Override
    void append(int row, Bytes into) {
      into.putDigits(values[row] / unit, 1);
      into.put('.');
      into.putDigits(values[row] % unit, scale);
    }
  }

  private static final class Addresses extends Longs {
    Addresses(long[] values) {
      super(values);
    }

    @Override
    int length(int row) {
      int length = 3;
      for (int shift = 24; shift >= 0; shift -= 8) {
        length += Bytes.digits(values[row] >>> shift & 0xff);
      }
      return length;
    }

    @Override
    void append(int row, Bytes into) {
      for (int shift = 24; shift >= 0; shift -= 8) {
        into.putDigits(values[row] >>> shift & 0xff, 1);
        if (shift > 0) {
          into.put('.');
        }
      }
    }
  }

  static long power(int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }

  static Column time(ByteReader in, int count, Codec.RowTimes times) {
    int separator = in.getByte();
    int point = in.getByte();
    int digits = in.getByte();
    if (digits > 9) {
      throw in.corrupt("a time of " + digits + " digits below the second");
    }
    long[] values = Codec.getInts(in, count, times);
    long unit = power(digits);
    for (long value : values) {
      long seconds = Math.floorDiv(value, unit);
      if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) {
        throw in.corrupt("a time of " + value);
      }
    }
    return new Times(values, separator, point, digits);
  }

  /** Years 1700 to 2250, so that nanoseconds fit. */
  static final long SECONDS_MIN = -8_520_336_000L;

  static final long SECONDS_MAX = 8_835_955_200L;

  private static final class Times extends Longs {
    private final int separator;
    private final int point;
    private final int digits;
    private final long unit;
    private long day = Long.MIN_VALUE;
    private int date;

    Times(long[] values, int separator, int point, int digits) {
      super(values);
      this.separator = separator;
      this.point = point;
      this.digits = digits;
      this.unit = power(digits);
    }

    @Override
    int length(int row) {
      return 19 + (digits == 0 ? 0 : 1 + digits);
    }

    /** All have digits at the same places, and what is between them is the same. */
    @Override
    boolean all(LineShape.ValueTest test, int count) {
      return super.all(test, Math.min(count, 1));
    }

    @Override
    void append(int row, Bytes into) {
      long seconds = Math.floorDiv(values[row], unit);
      long newDay = Math.floorDiv(seconds, 86_400L);
      if (newDay != day) {
        LocalDate date = LocalDate.ofEpochDay(newDay);
        this.date = date.getYear() * 10_000 + date.getMonthValue() * 100 + date.getDayOfMonth();
        day = newDay;
      }
      int second = (int) (seconds - newDay * 86_400L);
      into.putDigits(date / 10_000, 4);
      into.put('-');
      into.putDigits(date / 100 % 100, 2);
      into.put('-');
      into.putDigits(date % 100, 2);
      into.put(separator);
      into.putDigits(second / 3600, 2);
      into.put(':');
      into.putDigits(second / 60 % 60, 2);
      into.put(':');
      into.putDigits(second % 60, 2);
      if (digits > 0) {
        into.put(point);
        into.putDigits(Math.floorMod(values[row], unit), digits);
      }
    }
  }
}
