package io.trilith.logql.ast;

import io.trilith.storage.model.Matcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One step of a pipeline. */
public sealed interface Stage {
  /** What a line filter does with its operands. */
  enum LineOp {
    CONTAINS("|="),
    NOT_CONTAINS("!="),
    MATCHES("|~"),
    NOT_MATCHES("!~"),
    PATTERN("|>"),
    NOT_PATTERN("!>");

    private final String text;

    LineOp(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }

    public boolean negated() {
      return this == NOT_CONTAINS || this == NOT_MATCHES || this == NOT_PATTERN;
    }
  }

  /** A literal, an expression, a pattern, or what stands in {@code ip()}. */
  record Operand(String text, boolean ip) {}

  /** Any of the operands, or none of them. */
  record LineFilter(LineOp op, List<Operand> operands) implements Stage {}

  /** A label and where its value is found. */
  record Extraction(String label, String source) {}

  /** Everything when no extraction is named. */
  record Json(List<Extraction> extractions) implements Stage {}

  /** Everything when no extraction is named. */
  record Logfmt(boolean strict, boolean keepEmpty, List<Extraction> extractions) implements Stage {}

  record Regexp(String pattern) implements Stage {}

  record Pattern(String pattern) implements Stage {}

  record Unpack() implements Stage {}

  record Filter(LabelFilter filter) implements Stage {}

  record LineFormat(String template) implements Stage {}

  /** Sets a label from another one or from a template. */
  record Assignment(String label, String source, boolean template) {}

  record LabelFormat(List<Assignment> assignments) implements Stage {}

  record Decolorize() implements Stage {}

  /** A label by name, or only where the matcher holds. */
  record Choice(String label, @Nullable Matcher matcher) {}

  record Drop(List<Choice> choices) implements Stage {}

  record Keep(List<Choice> choices) implements Stage {}
}
