package io.trilith.logql.ast;

import io.trilith.engine.LabelGrouping;
import io.trilith.engine.VectorMatching;
import io.trilith.storage.model.Matcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A LogQL query. Immutable. */
public sealed interface Expr {
  /** A selection of streams and what is done with their entries. */
  record Logs(List<Matcher> matchers, List<Stage> stages) implements Expr {
    public Logs {
      matchers = List.copyOf(matchers);
      stages = List.copyOf(stages);
    }
  }

  /** What has numbers as its result. */
  sealed interface Metric extends Expr {}

  /**
   * Labels in {@code by} or {@code without}.
   *
   * @param without whether all but these labels make the group
   */
  record Grouping(boolean without, List<String> labels) {
    public Grouping {
      labels = List.copyOf(labels);
    }

    public LabelGrouping labelGrouping() {
      return without ? LabelGrouping.without(labels) : LabelGrouping.by(labels);
    }
  }

  /** How an unwrapped label becomes a number. */
  enum Conversion {
    NUMBER(""),
    DURATION("duration"),
    DURATION_SECONDS("duration_seconds"),
    BYTES("bytes");

    private final String text;

    Conversion(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  /** Takes the value of a sample from a label; the filters see what came of it. */
  record Unwrap(Conversion conversion, String label, List<LabelFilter> filters) {
    public Unwrap {
      filters = List.copyOf(filters);
    }
  }

  /**
   * A function over the entries of the time before each step.
   *
   * @param parameter of quantile_over_time
   * @param rangeNanos how much time, positive
   * @param offsetNanos how far back from the step the range ends
   */
  record RangeAggregation(
      RangeFunction function,
      @Nullable String parameter,
      Logs logs,
      @Nullable Unwrap unwrap,
      long rangeNanos,
      long offsetNanos,
      @Nullable Grouping grouping)
      implements Metric {}

  /**
   * An aggregation over the series of one step.
   *
   * @param parameter of topk and its relatives, else 0
   */
  record VectorAggregation(
      VectorFunction function, int parameter, Metric operand, @Nullable Grouping grouping)
      implements Metric {}

  /**
   * A binary operator.
   *
   * @param bool whether a comparison answers 0 or 1 instead of filtering
   */
  record Binary(
      BinaryOperation operation, boolean bool, VectorMatching matching, Metric left, Metric right)
      implements Metric {}

  record LabelReplace(
      Metric operand, String target, String replacement, String source, String pattern)
      implements Metric {}

  /** A number. */
  record Scalar(double value) implements Metric {}

  /** One series without labels. */
  record Vector(double value) implements Metric {}
}
