package io.trilith.promql.ast;

import static io.trilith.promql.ast.ValueType.MATRIX;
import static io.trilith.promql.ast.ValueType.SCALAR;
import static io.trilith.promql.ast.ValueType.STRING;
import static io.trilith.promql.ast.ValueType.VECTOR;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A function's name and types.
 *
 * @param optional how many of the last arguments may be left out; -1 when the last may repeat
 */
public record FunctionSignature(
    String name, ValueType returns, List<ValueType> arguments, int optional) {
  private static final Map<String, FunctionSignature> ALL = new HashMap<>();

  static {
    ofMatrix("absent_over_time avg_over_time changes count_over_time delta deriv first_over_time");
    ofMatrix("idelta increase irate last_over_time mad_over_time max_over_time min_over_time");
    ofMatrix("present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time");
    ofMatrix("ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time");
    ofVector("abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor");
    ofVector("histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum");
    ofVector("ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp");
    ofVector("start_timestamp");
    for (String name :
        "day_of_month day_of_week day_of_year days_in_month hour minute month year".split(" ")) {
      add(name, VECTOR, 1, VECTOR);
    }
    for (String name : "pi time start end step range".split(" ")) {
      add(name, SCALAR, 0);
    }
    add("min_of", SCALAR, 0, SCALAR, SCALAR);
    add("max_of", SCALAR, 0, SCALAR, SCALAR);
    add("clamp", VECTOR, 0, VECTOR, SCALAR, SCALAR);
    add("clamp_max", VECTOR, 0, VECTOR, SCALAR);
    add("clamp_min", VECTOR, 0, VECTOR, SCALAR);
    add("double_exponential_smoothing", VECTOR, 0, MATRIX, SCALAR, SCALAR);
    add("histogram_fraction", VECTOR, 0, SCALAR, SCALAR, VECTOR);
    add("histogram_quantile", VECTOR, 0, SCALAR, VECTOR);
    add("histogram_quantiles", VECTOR, -1, VECTOR, STRING, SCALAR, SCALAR);
    add("info", VECTOR, 1, VECTOR, VECTOR);
    add("label_join", VECTOR, -1, VECTOR, STRING, STRING, STRING);
    add("label_replace", VECTOR, 0, VECTOR, STRING, STRING, STRING, STRING);
    add("predict_linear", VECTOR, 0, MATRIX, SCALAR);
    add("quantile_over_time", VECTOR, 0, SCALAR, MATRIX);
    add("round", VECTOR, 1, VECTOR, SCALAR);
    add("scalar", SCALAR, 0, VECTOR);
    add("sort_by_label", VECTOR, -1, VECTOR, STRING);
    add("sort_by_label_desc", VECTOR, -1, VECTOR, STRING);
    add("vector", VECTOR, 0, SCALAR);
  }

  private static void ofMatrix(String names) {
    for (String name : names.split(" ")) {
      add(name, VECTOR, 0, MATRIX);
    }
  }

  private static void ofVector(String names) {
    for (String name : names.split(" ")) {
      add(name, VECTOR, 0, VECTOR);
    }
  }

  private static void add(String name, ValueType returns, int optional, ValueType... arguments) {
    ALL.put(name, new FunctionSignature(name, returns, List.of(arguments), optional));
  }

  /** The function of that name, or null. */
  public static @Nullable FunctionSignature find(String name) {
    return ALL.get(name);
  }

  /** All names, in no order. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  public int argumentsMin() {
    return optional < 0 ? arguments.size() - 1 : arguments.size() - optional;
  }

  /** The type of the i-th argument; the last one repeats. */
  public ValueType argument(int i) {
    return arguments.get(Math.min(i, arguments.size() - 1));
  }
}
