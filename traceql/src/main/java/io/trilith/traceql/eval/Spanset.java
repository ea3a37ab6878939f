package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Static;
import java.util.BitSet;
import java.util.Map;

/**
 * Spans of one trace, by index, and what is known of them together.
 *
 * @param attributes by the text that made them, such as {@code count()}
 */
public record Spanset(BitSet spans, Map<String, Static> attributes) {
  boolean isEmpty() {
    return spans.isEmpty();
  }
}
