package io.trilith.logql.ast;

import java.util.Locale;

/** The aggregations over series. */
public enum VectorFunction {
  SUM,
  AVG,
  MIN,
  MAX,
  COUNT,
  STDDEV,
  STDVAR,
  TOPK,
  BOTTOMK,
  APPROX_TOPK,
  SORT,
  SORT_DESC;

  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static VectorFunction of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  public boolean needsParameter() {
    return this == TOPK || this == BOTTOMK || this == APPROX_TOPK;
  }
}
