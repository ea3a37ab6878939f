package io.trilith.promql;

import io.trilith.promql.ast.Expr;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The labels {@code absent} can tell from a selector: those set by exactly one equality. */
final class AbsentLabels {
  private AbsentLabels() {}

  static Labels of(Expr argument) {
    List<Matcher> matchers =
        switch (argument.unwrapped()) {
          case Expr.VectorSelector selector -> selector.matchers();
          case Expr.MatrixSelector matrix -> matrix.selector().matchers();
          default -> List.of();
        };
    Labels.Builder builder = Labels.EMPTY.toBuilder();
    Set<String> seen = new HashSet<>();
    for (Matcher matcher : matchers) {
      if (matcher.name().equals(Labels.NAME)) {
        continue;
      }
      if (matcher.op() == Matcher.Op.EQUAL && seen.add(matcher.name())) {
        builder.set(matcher.name(), matcher.value());
      } else {
        seen.add(matcher.name());
        builder.remove(matcher.name());
      }
    }
    return builder.build();
  }
}
