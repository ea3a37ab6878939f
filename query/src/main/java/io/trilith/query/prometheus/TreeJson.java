package io.trilith.query.prometheus;

import io.trilith.engine.VectorMatching;
import io.trilith.promql.ast.BinaryOp;
import io.trilith.promql.ast.DurationExpr;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.Expr.At;
import io.trilith.promql.ast.Expr.Edge;
import io.trilith.promql.ast.FunctionSignature;
import io.trilith.promql.ast.ValueType;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.FloatText;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Trees of queries as {@code /api/v1/parse_query} of Prometheus writes them. Confined to one
 * thread.
 */
final class TreeJson {
  private final JsonWriter json;

  TreeJson(JsonWriter json) {
    this.json = json;
  }

  void write(@Nullable Expr expr) throws IOException {
    if (expr == null) {
      json.raw("null");
      return;
    }
    json.beginObject().name("type").value(type(expr));
    switch (expr) {
      case Expr.NumberLiteral number -> json.name("val").value(FloatText.plain(number.value()));
      case Expr.StringLiteral text -> json.name("val").value(text.value());
      case Expr.Paren paren -> child("expr", paren.inner());
      case Expr.Negation negation -> {
        json.name("op").value("-");
        child("expr", negation.operand());
      }
      case Expr.Positive positive -> {
        json.name("op").value("+");
        child("expr", positive.operand());
      }
      case Expr.VectorSelector selector -> selector(selector);
      case Expr.MatrixSelector matrix -> {
        json.name("range").value(millis(matrix.range()));
        selector(matrix.selector());
      }
      case Expr.Subquery subquery -> {
        child("expr", subquery.inner());
        json.name("range").value(millis(subquery.range()));
        json.name("step").value(millis(subquery.step()));
        shift(subquery.shift());
      }
      case Expr.Call call -> {
        json.name("func");
        function(call.function());
        json.name("args").beginArray();
        for (Expr argument : call.arguments()) {
          write(argument);
        }
        json.endArray();
      }
      case Expr.Aggregation aggregation -> {
        json.name("op").value(aggregation.op().text());
        child("expr", aggregation.inner());
        child("param", aggregation.parameter());
        texts("grouping", aggregation.grouping());
        json.name("without").value(aggregation.without());
      }
      case Expr.Binary binary -> {
        json.name("op").value(binary.op().text());
        child("lhs", binary.left());
        child("rhs", binary.right());
        json.name("matching");
        matching(binary);
        json.name("bool").value(binary.bool());
      }
    }
    json.endObject();
  }

  private static String type(Expr expr) {
    return switch (expr) {
      case Expr.NumberLiteral _ -> "numberLiteral";
      case Expr.StringLiteral _ -> "stringLiteral";
      case Expr.Paren _ -> "parenExpr";
      case Expr.Negation _, Expr.Positive _ -> "unaryExpr";
      case Expr.VectorSelector _ -> "vectorSelector";
      case Expr.MatrixSelector _ -> "matrixSelector";
      case Expr.Subquery _ -> "subquery";
      case Expr.Call _ -> "call";
      case Expr.Aggregation _ -> "aggregation";
      case Expr.Binary _ -> "binaryExpr";
    };
  }

  private void child(String name, @Nullable Expr expr) throws IOException {
    json.name(name);
    write(expr);
  }

  private void texts(String name, List<String> texts) throws IOException {
    json.name(name).beginArray();
    for (String text : texts) {
      json.value(text);
    }
    json.endArray();
  }

  private void selector(Expr.VectorSelector selector) throws IOException {
    json.name("name").value(selector.name() == null ? "" : selector.name());
    json.name("matchers").beginArray();
    for (Matcher matcher : selector.matchers()) {
      json.beginObject().name("name").value(matcher.name());
      json.name("value").value(matcher.value());
      json.name("type").value(matcher.op().text()).endObject();
    }
    json.endArray();
    json.name("anchored").value(selector.edge() == Edge.ANCHORED);
    json.name("smoothed").value(selector.edge() == Edge.SMOOTHED);
    shift(selector.shift());
  }

  private void shift(Expr.Shift shift) throws IOException {
    json.name("offset").value(millis(shift.offset()));
    At at = shift.at();
    json.name("timestamp");
    if (at instanceof At.Fixed(long millis)) {
      json.value(millis);
    } else {
      json.raw("null");
    }
    json.name("startOrEnd");
    switch (at) {
      case At.Start _ -> json.value("start");
      case At.End _ -> json.value("end");
      case At.Fixed _ -> json.raw("null");
      case null -> json.raw("null");
    }
  }

  private void function(FunctionSignature function) throws IOException {
    json.beginObject().name("name").value(function.name()).name("argTypes").beginArray();
    for (ValueType type : function.arguments()) {
      json.value(type.name().toLowerCase(Locale.ROOT));
    }
    json.endArray().name("variadic").value(function.optional());
    json.name("returnType").value(function.returns().name().toLowerCase(Locale.ROOT));
    json.endObject();
  }

  private void matching(Expr.Binary binary) throws IOException {
    if (binary.left().type() != ValueType.VECTOR || binary.right().type() != ValueType.VECTOR) {
      json.raw("null");
      return;
    }
    VectorMatching matching = binary.matching();
    boolean set = binary.op().kind() == BinaryOp.Kind.SET;
    json.beginObject().name("card");
    json.value(
        set
            ? "many-to-many"
            : matching.cardinality().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    texts("labels", matching.labels());
    json.name("on").value(matching.on());
    texts("include", matching.include());
    json.name("fillValues").beginObject();
    number("lhs", matching.fillLeft());
    number("rhs", matching.fillRight());
    json.endObject().endObject();
  }

  /** A number that JSON may not have is a text, as elsewhere in the API. */
  private void number(String name, @Nullable Double value) throws IOException {
    json.name(name);
    if (value == null) {
      json.raw("null");
    } else if (Double.isFinite(value)) {
      json.raw(FloatText.plain(value));
    } else {
      json.value(FloatText.plain(value));
    }
  }

  /** 0 for what depends on the query's range and step, as in Prometheus. */
  private static long millis(@Nullable DurationExpr duration) {
    return switch (duration) {
      case null -> 0;
      case DurationExpr.Literal literal -> Math.round(literal.seconds() * 1000);
      case DurationExpr.Negated negated -> -millis(negated.operand());
      case DurationExpr.Parenthesized parenthesized -> millis(parenthesized.inner());
      case DurationExpr.Step _,
          DurationExpr.Range _,
          DurationExpr.Pick _,
          DurationExpr.Operation _ ->
          0;
    };
  }
}
