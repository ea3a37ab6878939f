package io.trilith.promql;

import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.promql.histogram.HistogramMath;
import io.trilith.storage.model.Labels;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Functions of one sample at a time. */
final class ElementFunctions {
  private ElementFunctions() {}

  /** A function of a value that may differ from step to step. */
  @FunctionalInterface
  private interface StepFunction {
    double apply(double value, int step);
  }

  private static final Set<String> WITH_NUMBERS =
      Set.of("clamp", "clamp_min", "clamp_max", "round");
  private static final Set<String> DATE_PARTS =
      Set.of(
          "year",
          "month",
          "day_of_month",
          "day_of_week",
          "day_of_year",
          "days_in_month",
          "hour",
          "minute");

  /** Whether it is one of these functions, of a vector. */
  static boolean perSeries(Expr.Call call) {
    String name = call.function().name();
    return !call.arguments().isEmpty()
        && (WITH_NUMBERS.contains(name)
            || DATE_PARTS.contains(name)
            || math(name) != null
            || ofHistogram(name) != null);
  }

  /** A part of the time itself. */
  static Value now(Expr.Call call, StepGrid grid) {
    Series now = new Series(Labels.EMPTY, false, grid.count());
    DoubleUnaryOperator part = datePart(call.function().name());
    for (int step = 0; step < grid.count(); step++) {
      now.set(step, part.applyAsDouble((double) Math.floorDiv(grid.time(step), 1000)));
    }
    return new Value.Vector(grid.count() == 0 ? List.of() : List.of(now));
  }

  static Stage stage(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    ToDoubleFunction<FloatHistogram> ofHistogram = ofHistogram(call.function().name());
    StepFunction function = ofHistogram == null ? stepFunction(evaluator, call, grid) : null;
    return (_, next) -> {
      Series mapped = new Series(Labels.EMPTY, true, grid.count());
      return series -> {
        mapped.reset(series.labels(), true);
        if (ofHistogram != null) {
          histograms(series, ofHistogram, mapped);
        } else if (function != null) {
          floats(series, function, mapped);
        }
        if (!mapped.isEmpty()) {
          next.accept(mapped);
        }
      };
    };
  }

  private static StepFunction stepFunction(Evaluator evaluator, Expr.Call call, StepGrid grid) {
    List<Expr> arguments = call.arguments();
    return switch (call.function().name()) {
      case "clamp" -> {
        double[] low = evaluator.scalar(arguments.get(1), grid);
        double[] high = evaluator.scalar(arguments.get(2), grid);
        yield (value, step) ->
            low[step] > high[step] ? EMPTY : Math.max(low[step], Math.min(high[step], value));
      }
      case "clamp_min" -> {
        double[] low = evaluator.scalar(arguments.get(1), grid);
        yield (value, step) -> Math.max(low[step], value);
      }
      case "clamp_max" -> {
        double[] high = evaluator.scalar(arguments.get(1), grid);
        yield (value, step) -> Math.min(high[step], value);
      }
      case "round" -> {
        double[] nearest =
            arguments.size() > 1
                ? evaluator.scalar(arguments.get(1), grid)
                : Evaluator.constant(1, grid.count()).values();
        // Dividing by the inverse gives rounder results than dividing by the number.
        yield (value, step) -> {
          double inverse = 1.0 / nearest[step];
          return Math.floor(value * inverse + 0.5) / inverse;
        };
      }
      default -> {
        DoubleUnaryOperator math = math(call.function().name());
        DoubleUnaryOperator function = math != null ? math : datePart(call.function().name());
        yield (value, _) -> function.applyAsDouble(value);
      }
    };
  }

  /** Says that a step has no result; a NaN that no arithmetic makes. */
  private static final double EMPTY = Double.longBitsToDouble(0x7ff8dead00000000L);

  private static void floats(Series series, StepFunction function, Series mapped) {
    for (int step = 0; step < series.steps(); step++) {
      if (series.has(step) && series.histogram(step) == null) {
        double value = function.apply(series.value(step), step);
        if (Double.doubleToRawLongBits(value) != Double.doubleToRawLongBits(EMPTY)) {
          mapped.set(step, value);
        }
      }
    }
  }

  private static void histograms(
      Series series, ToDoubleFunction<FloatHistogram> function, Series mapped) {
    for (int step = 0; step < series.steps(); step++) {
      FloatHistogram histogram = series.histogram(step);
      if (series.has(step) && histogram != null) {
        mapped.set(step, function.applyAsDouble(histogram));
      }
    }
  }

  private static @Nullable ToDoubleFunction<FloatHistogram> ofHistogram(String name) {
    return switch (name) {
      case "histogram_count" -> FloatHistogram::count;
      case "histogram_sum" -> FloatHistogram::sum;
      case "histogram_avg" -> h -> h.sum() / h.count();
      case "histogram_stdvar" -> HistogramMath::variance;
      case "histogram_stddev" -> h -> Math.sqrt(HistogramMath.variance(h));
      default -> null;
    };
  }

  private static @Nullable DoubleUnaryOperator math(String name) {
    return switch (name) {
      case "abs" -> Math::abs;
      case "ceil" -> Math::ceil;
      case "floor" -> Math::floor;
      case "exp" -> Math::exp;
      case "sqrt" -> Math::sqrt;
      case "ln" -> Math::log;
      case "log2" -> value -> Math.log(value) / Math.log(2);
      case "log10" -> Math::log10;
      case "sgn" -> value -> value < 0 ? -1 : value > 0 ? 1 : value;
      case "sin" -> Math::sin;
      case "cos" -> Math::cos;
      case "tan" -> Math::tan;
      case "asin" -> Math::asin;
      case "acos" -> Math::acos;
      case "atan" -> Math::atan;
      case "sinh" -> Math::sinh;
      case "cosh" -> Math::cosh;
      case "tanh" -> Math::tanh;
      case "asinh" ->
          value -> Math.copySign(Math.log(Math.abs(value) + Math.hypot(value, 1)), value);
      case "acosh" -> value -> Math.log(value + Math.sqrt(value * value - 1));
      case "atanh" -> value -> 0.5 * Math.log((1 + value) / (1 - value));
      case "rad" -> value -> value * Math.PI / 180;
      case "deg" -> value -> value * 180 / Math.PI;
      default -> null;
    };
  }

  private static DoubleUnaryOperator datePart(String name) {
    ToDoubleFunction<ZonedDateTime> part =
        switch (name) {
          case "year" -> ZonedDateTime::getYear;
          case "month" -> ZonedDateTime::getMonthValue;
          case "day_of_month" -> ZonedDateTime::getDayOfMonth;
          case "day_of_week" -> date -> date.getDayOfWeek().getValue() % 7;
          case "day_of_year" -> ZonedDateTime::getDayOfYear;
          case "days_in_month" -> date -> date.toLocalDate().lengthOfMonth();
          case "hour" -> ZonedDateTime::getHour;
          case "minute" -> ZonedDateTime::getMinute;
          default -> throw new IllegalStateException("no function " + name);
        };
    return value -> {
      if (Double.isNaN(value) || Math.abs(value) > 31_000_000_000_000.0) {
        return Double.NaN;
      }
      return part.applyAsDouble(Instant.ofEpochSecond((long) value).atZone(ZoneOffset.UTC));
    };
  }
}
