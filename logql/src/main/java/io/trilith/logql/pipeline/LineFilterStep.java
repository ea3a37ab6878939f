package io.trilith.logql.pipeline;

import io.trilith.logql.ast.Stage;
import io.trilith.regex.Regex;
import io.trilith.storage.text.RegexText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A line filter: any of its operands, or none of them. Literals are compared as bytes. */
final class LineFilterStep implements Step {
  private final List<Step> tests = new ArrayList<>();
  private final boolean negated;

  LineFilterStep(Stage.LineFilter stage) {
    negated = stage.op().negated();
    for (Stage.Operand operand : stage.operands()) {
      tests.add(test(stage.op(), operand));
    }
  }

  private static Step test(Stage.LineOp op, Stage.Operand operand) {
    if (operand.ip()) {
      IpRange range = IpRange.parse(operand.text());
      return entry -> range.foundIn(entry.array(), entry.start(), entry.end());
    }
    return switch (op) {
      case CONTAINS, NOT_CONTAINS -> literal(operand.text());
      case MATCHES, NOT_MATCHES -> regex(operand.text());
      case PATTERN, NOT_PATTERN -> {
        LinePattern pattern = LinePattern.filter(operand.text());
        yield entry -> pattern.matches(entry.array(), entry.start(), entry.end());
      }
    };
  }

  private static Step literal(String text) {
    byte[] needle = text.getBytes(StandardCharsets.UTF_8);
    return entry -> Bytes.indexOf(entry.array(), entry.start(), entry.end(), needle) >= 0;
  }

  private static Step regex(String text) {
    Regex regex = RegexText.compile(text);
    return entry -> RegexText.contains(regex, entry.array(), entry.start(), entry.end());
  }

  @Override
  public boolean process(Entry entry) {
    for (Step test : tests) {
      if (test.process(entry)) {
        return !negated;
      }
    }
    return negated;
  }
}
