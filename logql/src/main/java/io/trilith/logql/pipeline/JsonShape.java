package io.trilith.logql.pipeline;

import io.trilith.logstore.LineShape;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Plans how the json parser reads the lines of a shape: it reads one line that has a digit at each
 * place; the others are read alike when no value has a byte that means something to the parser
 * where it stands.
 */
final class JsonShape implements JsonLeaves.Visitor {
  private static final int NUMBER = LineShape.DIGITS | LineShape.DOT | LineShape.DASH;

  private final ShapePlan.Builder plan;
  private final LineShape shape;
  private final Needed needed;

  private JsonShape(LineShape shape, Needed needed) {
    this.plan = new ShapePlan.Builder(shape);
    this.shape = shape;
    this.needed = needed;
  }

  /** Null when the lines must be parsed one by one. */
  static @Nullable ShapePlan plan(LineShape shape, Needed needed) {
    JsonShape visitor = new JsonShape(shape, needed);
    byte[] sample = visitor.plan.sample();
    String problem = new JsonLeaves(visitor).walk(sample, 0, sample.length);
    return problem == null ? visitor.plan.build() : null;
  }

  @Override
  public boolean goesInto(String key) {
    return needed.below(key);
  }

  @Override
  public boolean done() {
    return false;
  }

  @Override
  public void take(String key, JsonText.Kind kind, JsonText text) {
    int from = text.valueStart();
    int to = text.valueEnd();
    boolean wanted = !key.isEmpty() && needed.mayHave(key);
    switch (kind) {
      case STRING -> {
        plan.covers(from, to, LineShape.OTHER, ShapePlan::isWithinQuotes);
        if (wanted) {
          plan.add(key, from, to, JsonText::unescaped);
        }
      }
      case LITERAL -> literal(key, from, to, wanted);
      case ARRAY, OBJECT -> plan.covers(from, to, LineShape.OTHER, JsonShape::isUnbracketed);
      case NULL -> {}
      case OPEN_STRING, BROKEN -> throw new IllegalArgumentException(kind + " is no value");
    }
  }

  private void literal(String key, int from, int to, boolean wanted) {
    ShapePlan.Reading reading = raw -> raw;
    int first = plan.placeAt(from);
    if (first < 0) {
      // A number by its first byte, whatever follows.
      plan.covers(from, to, LineShape.SPACE | LineShape.OTHER, JsonShape::isUnended);
    } else if (to - from == 1) {
      plan.covers(from, to, ~NUMBER, JsonShape::isLiteral);
      if ((shape.classes(first) & ~NUMBER) != 0) {
        reading = raw -> raw.equals("null") ? null : raw;
      }
    } else {
      plan.covers(from, from + 1, ~NUMBER, JsonShape::isNumber);
      plan.covers(from + 1, to, LineShape.SPACE | LineShape.OTHER, JsonShape::isUnended);
    }
    if (wanted) {
      plan.add(key, from, to, reading);
    }
  }

  private static boolean isUnbracketed(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      switch (bytes[i]) {
        case '"', '\\', '{', '}', '[', ']' -> {
          return false;
        }
        default -> {}
      }
    }
    return true;
  }

  private static boolean isUnended(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (JsonText.endsLiteral(bytes[i])) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumber(byte[] bytes, int from, int to) {
    return to > from
        && ((bytes[from] >= '0' && bytes[from] <= '9') || bytes[from] == '-')
        && isUnended(bytes, from, to);
  }

  private static boolean isLiteral(byte[] bytes, int from, int to) {
    if (isNumber(bytes, from, to)) {
      return true;
    }
    return switch (new String(bytes, from, to - from, StandardCharsets.ISO_8859_1)) {
      case "true", "false", "null" -> true;
      default -> false;
    };
  }
}
