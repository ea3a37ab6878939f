package io.trilith.promql;

import io.trilith.engine.LabelReplace;
import io.trilith.engine.Presence;
import io.trilith.engine.StepGrid;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.parser.Literals;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** {@code label_replace} and {@code label_join}. */
final class LabelFunctions {
  /** Longest value that a function may make, in characters. */
  private static final int VALUE_MAX = 1 << 16;

  private LabelFunctions() {}

  static void stream(Evaluator evaluator, Expr.Call call, StepGrid grid, SeriesSink sink) {
    List<String> texts = new ArrayList<>();
    for (int i = 1; i < call.arguments().size(); i++) {
      texts.add(evaluator.text(call.arguments().get(i)));
    }
    boolean replace = call.function().name().equals("label_replace");
    requireLabelName(texts.get(0), replace ? "label_replace" : "label_join", "destination");
    LabelReplace replacement = replace ? replacement(texts) : null;
    UnaryOperator<Labels> change = replacement != null ? replacement::apply : join(texts);
    boolean ofName = texts.get(0).equals(Labels.NAME);
    Map<Labels, Presence> taken = new HashMap<>();
    evaluator.stream(
        call.arguments().get(0),
        grid,
        series -> {
          Labels labels = change.apply(series.labels());
          evaluator
              .context()
              .budget()
              .addBytes(160L + grid.count() / 8 + 2L * labels.get(texts.get(0)).length());
          boolean named = ofName && (replacement == null || replacement.matches(series.labels()));
          Presence before = taken.get(labels);
          if (before == null) {
            taken.put(labels, series.presence().copy());
          } else if (before.meets(series.presence())) {
            throw new ExecutionException("vector cannot contain metrics with the same labelset");
          } else {
            before.add(series.presence());
          }
          sink.accept(series.as(labels, series.dropsName() && !named));
        });
  }

  static void requireLabelName(String name, String function, String which) {
    if (!validLabel(name)) {
      throw new ExecutionException(
          "invalid " + which + " label name in " + function + "(): " + Literals.quote(name));
    }
  }

  /** Any text is a name as long as it is UTF-8. */
  static boolean validLabel(String name) {
    if (name.isEmpty()) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < name.length()
          && Character.isLowSurrogate(name.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  private static LabelReplace replacement(List<String> texts) {
    try {
      return new LabelReplace(texts.get(0), texts.get(1), texts.get(2), texts.get(3));
    } catch (InvalidRequestException e) {
      throw new ExecutionException(String.valueOf(e.getMessage()));
    }
  }

  private static UnaryOperator<Labels> join(List<String> texts) {
    String separator = texts.get(1);
    List<String> sources = texts.subList(2, texts.size());
    for (String source : sources) {
      requireLabelName(source, "label_join", "source");
    }
    return labels -> {
      List<String> values = new ArrayList<>();
      long length = 0;
      for (String source : sources) {
        values.add(labels.get(source));
        length += labels.get(source).length() + separator.length();
      }
      if (length > VALUE_MAX) {
        throw new ExecutionException(
            "label_join makes a value of " + length + " characters; the limit is " + VALUE_MAX);
      }
      return labels.toBuilder().set(texts.get(0), String.join(separator, values)).build();
    };
  }
}
