package io.trilith.logql;

import io.trilith.engine.VectorMatching;
import io.trilith.engine.VectorMatching.Cardinality;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.parser.LogqlText;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.GoText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.StringJoiner;

/** Prints a query in one line, in the form Loki gives it. */
public final class QueryPrinter {
  private QueryPrinter() {}

  /** Operators without recursion: what is to be printed is a list, the next piece first. */
  public static String print(Expr expr) {
    StringBuilder text = new StringBuilder();
    Deque<Object> open = new ArrayDeque<>();
    open.push(expr);
    while (!open.isEmpty()) {
      switch (open.pop()) {
        case Expr.Binary binary -> {
          open.push(")");
          open.push(binary.right());
          open.push(operator(binary));
          open.push(binary.left());
          open.push("(");
        }
        case Expr other -> text.append(operand(other));
        case Object piece -> text.append(piece);
      }
    }
    return text.toString();
  }

  private static String operand(Expr expr) {
    return switch (expr) {
      case Expr.Logs logs -> logs(logs);
      case Expr.Scalar(double value) -> FloatText.plain(value);
      case Expr.Vector(double value) -> "vector(" + FloatText.plain(value) + ")";
      case Expr.RangeAggregation range -> range(range);
      case Expr.VectorAggregation vector -> vector(vector);
      case Expr.LabelReplace replace ->
          "label_replace("
              + print(replace.operand())
              + ","
              + GoText.quote(replace.target())
              + ","
              + GoText.quote(replace.replacement())
              + ","
              + GoText.quote(replace.source())
              + ","
              + GoText.quote(replace.pattern())
              + ")";
      case Expr.Binary binary -> print(binary);
    };
  }

  private static String logs(Expr.Logs logs) {
    return selector(logs.matchers()) + stages(logs.stages());
  }

  private static String selector(List<Matcher> matchers) {
    StringJoiner text = new StringJoiner(", ", "{", "}");
    matchers.forEach(matcher -> text.add(matcher(matcher)));
    return text.toString();
  }

  private static String matcher(Matcher matcher) {
    return matcher.name() + matcher.op().text() + GoText.quote(matcher.value());
  }

  private static String stages(List<Stage> stages) {
    StringBuilder text = new StringBuilder();
    stages.forEach(stage -> text.append(' ').append(stage(stage)));
    return text.toString();
  }

  private static String stage(Stage stage) {
    return switch (stage) {
      case Stage.LineFilter filter -> lineFilter(filter);
      case Stage.Json json -> "| json" + extractions(json.extractions());
      case Stage.Logfmt logfmt ->
          "| logfmt"
              + (logfmt.strict() ? " --strict" : "")
              + (logfmt.keepEmpty() ? " --keep-empty" : "")
              + extractions(logfmt.extractions());
      case Stage.Regexp(String pattern) -> "| regexp " + GoText.quote(pattern);
      case Stage.Pattern(String pattern) -> "| pattern " + GoText.quote(pattern);
      case Stage.Unpack _ -> "| unpack";
      case Stage.Filter(LabelFilter filter) -> "| " + filter(filter);
      case Stage.LineFormat(String template) -> "| line_format " + GoText.quote(template);
      case Stage.LabelFormat format -> {
        StringJoiner text = new StringJoiner(",", "| label_format ", "");
        for (Stage.Assignment assignment : format.assignments()) {
          String source = assignment.source();
          text.add(
              assignment.label() + "=" + (assignment.template() ? GoText.quote(source) : source));
        }
        yield text.toString();
      }
      case Stage.Decolorize _ -> "| decolorize";
      case Stage.Drop(List<Stage.Choice> choices) -> "| drop " + choices(choices);
      case Stage.Keep(List<Stage.Choice> choices) -> "| keep " + choices(choices);
    };
  }

  private static String lineFilter(Stage.LineFilter filter) {
    StringJoiner text = new StringJoiner(" or ", filter.op().text() + " ", "");
    for (Stage.Operand operand : filter.operands()) {
      String quoted = GoText.quote(operand.text());
      text.add(operand.ip() ? "ip(" + quoted + ")" : quoted);
    }
    return text.toString();
  }

  private static String extractions(List<Stage.Extraction> extractions) {
    StringJoiner text = new StringJoiner(",");
    for (Stage.Extraction extraction : extractions) {
      text.add(extraction.label() + "=" + GoText.quote(extraction.source()));
    }
    return extractions.isEmpty() ? "" : " " + text;
  }

  private static String choices(List<Stage.Choice> choices) {
    StringJoiner text = new StringJoiner(",");
    for (Stage.Choice choice : choices) {
      text.add(choice.matcher() == null ? choice.label() : matcher(choice.matcher()));
    }
    return text.toString();
  }

  private static String filter(LabelFilter filter) {
    return switch (filter) {
      case LabelFilter.Text(Matcher matcher) -> matcher(matcher);
      case LabelFilter.Quantity number ->
          number.name() + number.comparison().text() + number.text();
      case LabelFilter.Ip ip ->
          ip.name() + (ip.negated() ? "!=" : "=") + "ip(" + GoText.quote(ip.pattern()) + ")";
      case LabelFilter.Chain chain -> {
        String text = filter(chain.parts().getFirst());
        for (int i = 1; i < chain.parts().size(); i++) {
          String joint = chain.or() ? " or " : " , ";
          text = "( " + text + joint + filter(chain.parts().get(i)) + " )";
        }
        yield text;
      }
    };
  }

  private static String range(Expr.RangeAggregation range) {
    StringBuilder text = new StringBuilder(range.function().text()).append('(');
    if (range.parameter() != null) {
      text.append(range.parameter()).append(',');
    }
    text.append(logs(range.logs()));
    Expr.Unwrap unwrap = range.unwrap();
    if (unwrap != null) {
      String conversion = unwrap.conversion().text();
      text.append(" | unwrap ")
          .append(conversion.isEmpty() ? unwrap.label() : conversion + "(" + unwrap.label() + ")");
      unwrap.filters().forEach(filter -> text.append(" | ").append(filter(filter)));
    }
    text.append('[').append(LogqlText.durationText(range.rangeNanos())).append(']');
    if (range.offsetNanos() != 0) {
      text.append(" offset ").append(LogqlText.durationText(range.offsetNanos()));
    }
    text.append(')');
    if (range.grouping() != null) {
      text.append(' ').append(grouping(range.grouping()));
    }
    return text.toString();
  }

  private static String grouping(Expr.Grouping grouping) {
    return (grouping.without() ? "without " : "by ") + names(grouping.labels());
  }

  private static String names(List<String> names) {
    return "(" + String.join(",", names) + ")";
  }

  private static String vector(Expr.VectorAggregation vector) {
    StringBuilder text = new StringBuilder(vector.function().text());
    if (vector.grouping() != null) {
      text.append(' ').append(grouping(vector.grouping())).append(' ');
    }
    text.append('(');
    if (vector.function().needsParameter()) {
      text.append(vector.parameter()).append(',');
    }
    return text.append(print(vector.operand())).append(')').toString();
  }

  private static String operator(Expr.Binary binary) {
    StringBuilder text = new StringBuilder(" ").append(binary.operation().text());
    if (binary.bool()) {
      text.append(" bool");
    }
    VectorMatching matching = binary.matching();
    if (matching.on() || !matching.labels().isEmpty()) {
      text.append(matching.on() ? " on " : " ignoring ").append(names(matching.labels()));
    }
    if (matching.cardinality() == Cardinality.MANY_TO_ONE
        || matching.cardinality() == Cardinality.ONE_TO_MANY) {
      boolean left = matching.cardinality() == Cardinality.MANY_TO_ONE;
      text.append(left ? " group_left " : " group_right ").append(names(matching.include()));
    }
    return text.append(' ').toString();
  }
}
