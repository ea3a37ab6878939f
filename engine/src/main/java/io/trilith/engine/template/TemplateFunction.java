package io.trilith.engine.template;

import org.jspecify.annotations.Nullable;

/** A function that templates may call. */
@FunctionalInterface
public interface TemplateFunction {
  @Nullable Object call(Arguments arguments) throws TemplateException;
}
