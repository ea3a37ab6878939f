package io.trilith.logql.pipeline;

import io.trilith.logstore.LineShape;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The plans of one parser for the shapes it meets. Confined to one thread. */
final class ShapePlans {
  private static final Object NONE = new Object();

  private final Function<LineShape, @Nullable ShapePlan> maker;

  ShapePlans(Function<LineShape, @Nullable ShapePlan> maker) {
    this.maker = maker;
  }

  /** How to read the entry's line by its shape; null when it has to be parsed. */
  @Nullable ShapePlan of(Entry entry) {
    LineShape shape = entry.shape();
    if (shape == null) {
      return null;
    }
    Object known = shape.remembered(this);
    if (known == null) {
      ShapePlan made = maker.apply(shape);
      known = made == null ? NONE : made;
      shape.remember(this, known);
    }
    return known instanceof ShapePlan plan ? plan : null;
  }
}
