package io.trilith.logql.template;

import org.jspecify.annotations.Nullable;

/** A function that templates may call. */
@FunctionalInterface
interface TemplateFunction {
  @Nullable Object call(Arguments arguments) throws TemplateException;
}
