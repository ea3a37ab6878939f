package io.trilith.engine.template;

/** A length of time, as Go prints it. */
public record GoDuration(long nanos) {
  private static final long MICRO = 1_000;
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000_000_000;

  /** {@code 1h0m5.5s}, {@code 1.5ms}, {@code 0s}. */
  @Override
  public String toString() {
    if (nanos == 0) {
      return "0s";
    }
    StringBuilder text = new StringBuilder(nanos < 0 ? "-" : "");
    long left = nanos == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(nanos);
    if (left < MICRO) {
      return text.append(left).append("ns").toString();
    }
    if (left < SECOND) {
      long unit = left < MILLI ? MICRO : MILLI;
      decimal(text, left / unit, left % unit, unit);
      return text.append(unit == MICRO ? "µs" : "ms").toString();
    }
    long minutes = left / SECOND / 60;
    if (minutes >= 60) {
      text.append(minutes / 60).append('h');
    }
    if (minutes > 0) {
      text.append(minutes % 60).append('m');
    }
    decimal(text, left / SECOND % 60, left % SECOND, SECOND);
    return text.append('s').toString();
  }

  private static void decimal(StringBuilder text, long whole, long fraction, long unit) {
    text.append(whole);
    if (fraction == 0) {
      return;
    }
    String digits = Long.toString(unit + fraction).substring(1);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    text.append('.').append(digits, 0, end);
  }
}
