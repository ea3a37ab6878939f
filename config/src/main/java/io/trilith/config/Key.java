package io.trilith.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says of a component of a configuration record what it means and what it is when nobody sets it.
 * The key is the component's name in kebab-case. {@code config/trilith.yaml} is made of these.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** One or two sentences for the operator: what it does, its unit, what 0 means. */
  String doc();

  /** The key where it cannot be the component's name, such as a Java keyword. */
  String name() default "";

  /** The default as the operator would write it. Not used for nested records. */
  String value() default "";
}
