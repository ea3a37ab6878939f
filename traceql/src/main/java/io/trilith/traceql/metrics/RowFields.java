package io.trilith.traceql.metrics;

import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Metrics;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.eval.Conditions;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a source needs of spans when it can do with single spans: one filter that columns answer,
 * and fields that are columns.
 *
 * @param fields what is read of each span
 * @param measured where the measured field begins among them, negative without one
 * @param by where the fields of the group begin
 */
record RowFields(SpanFilter filter, List<SpanField> fields, int measured, List<Integer> by) {
  /** Null when whole traces are needed. */
  static @Nullable RowFields of(Metrics.Source source) {
    List<Pipeline.Stage> stages = source.pipeline().stages();
    if (stages.size() != 1 || !(stages.getFirst() instanceof Pipeline.Filter filter)) {
      return null;
    }
    Conditions.Compiled condition = Conditions.of(filter.condition());
    if (!condition.exact() || source.function() instanceof Metrics.Compare) {
      return null;
    }
    List<SpanField> fields = new ArrayList<>();
    int measured = -1;
    Expression.Field of =
        switch (source.function()) {
          case Metrics.OverTime function -> function.field();
          case Metrics.Quantile function -> function.field();
          case Metrics.Count _, Metrics.Compare _ -> null;
        };
    if (of != null) {
      measured = 0;
      if (!add(of, fields)) {
        return null;
      }
    }
    List<Integer> by = new ArrayList<>();
    for (Expression.Field field : source.by()) {
      by.add(fields.size());
      if (!add(field, fields)) {
        return null;
      }
    }
    return new RowFields(condition.filter(), fields, measured, by);
  }

  /** Adds the column of a field; two for one that is looked for in two places. */
  private static boolean add(Expression.Field field, List<SpanField> into) {
    if (isAny(field) && field instanceof Expression.AttributeField attribute) {
      into.add(new SpanField(SpanField.Kind.SPAN_ATTRIBUTE, attribute.name()));
      into.add(new SpanField(SpanField.Kind.RESOURCE_ATTRIBUTE, attribute.name()));
      return true;
    }
    SpanField column = Conditions.field(field);
    if (column == null || column.kind().isMany()) {
      return false;
    }
    into.add(column);
    return true;
  }

  static boolean isAny(Expression.Field field) {
    return field instanceof Expression.AttributeField attribute
        && attribute.scope() == AttributeScope.ANY;
  }
}
