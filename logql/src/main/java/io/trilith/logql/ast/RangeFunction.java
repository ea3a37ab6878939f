package io.trilith.logql.ast;

import java.util.Locale;

/** The functions over a range of log entries. */
public enum RangeFunction {
  RATE,
  RATE_COUNTER,
  COUNT_OVER_TIME,
  BYTES_RATE,
  BYTES_OVER_TIME,
  ABSENT_OVER_TIME,
  SUM_OVER_TIME,
  AVG_OVER_TIME,
  MIN_OVER_TIME,
  MAX_OVER_TIME,
  FIRST_OVER_TIME,
  LAST_OVER_TIME,
  STDDEV_OVER_TIME,
  STDVAR_OVER_TIME,
  QUANTILE_OVER_TIME;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static RangeFunction of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  /** Whether it works on unwrapped values only. */
  public boolean needsUnwrap() {
    return switch (this) {
      case RATE, COUNT_OVER_TIME, BYTES_RATE, BYTES_OVER_TIME, ABSENT_OVER_TIME -> false;
      case RATE_COUNTER,
          SUM_OVER_TIME,
          AVG_OVER_TIME,
          MIN_OVER_TIME,
          MAX_OVER_TIME,
          FIRST_OVER_TIME,
          LAST_OVER_TIME,
          STDDEV_OVER_TIME,
          STDVAR_OVER_TIME,
          QUANTILE_OVER_TIME ->
          true;
    };
  }

  public boolean allowsUnwrap() {
    return needsUnwrap() || this == RATE || this == ABSENT_OVER_TIME;
  }

  public boolean allowsGrouping() {
    return switch (this) {
      case AVG_OVER_TIME,
          MIN_OVER_TIME,
          MAX_OVER_TIME,
          FIRST_OVER_TIME,
          LAST_OVER_TIME,
          STDDEV_OVER_TIME,
          STDVAR_OVER_TIME,
          QUANTILE_OVER_TIME ->
          true;
      case RATE,
          RATE_COUNTER,
          COUNT_OVER_TIME,
          BYTES_RATE,
          BYTES_OVER_TIME,
          ABSENT_OVER_TIME,
          SUM_OVER_TIME ->
          false;
    };
  }

  /** Whether the sum of its results over series is its result over the series taken together. */
  public boolean additive() {
    return switch (this) {
      case RATE, COUNT_OVER_TIME, BYTES_RATE, BYTES_OVER_TIME, SUM_OVER_TIME -> true;
      case RATE_COUNTER,
          ABSENT_OVER_TIME,
          AVG_OVER_TIME,
          MIN_OVER_TIME,
          MAX_OVER_TIME,
          FIRST_OVER_TIME,
          LAST_OVER_TIME,
          STDDEV_OVER_TIME,
          STDVAR_OVER_TIME,
          QUANTILE_OVER_TIME ->
          false;
    };
  }
}
