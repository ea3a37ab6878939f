package io.trilith.tracestore;

import java.nio.charset.StandardCharsets;

/**
 * A condition on one value, asked with as little made of the value as it needs. It holds for no
 * kind of value that it does not speak of. Thread-safe.
 */
public interface ValueTest {
  /** Whether it holds for what is not there. */
  default boolean missing() {
    return false;
  }

  boolean text(String value);

  /** A text as UTF-8, {@code [from, to)}. */
  default boolean text(byte[] bytes, int from, int to) {
    return text(new String(bytes, from, to - from, StandardCharsets.UTF_8));
  }

  default boolean number(long value) {
    return false;
  }

  /** Whether it may hold for a number between the two, both included. */
  default boolean within(long min, long max) {
    return true;
  }

  default boolean real(double value) {
    return false;
  }

  default boolean bool(boolean value) {
    return false;
  }

  /** Anything else. */
  boolean other(AttributeValue value);

  /** Any value. */
  default boolean test(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text text -> text(text.value());
      case AttributeValue.Int number -> number(number.value());
      case AttributeValue.Real number -> real(number.value());
      case AttributeValue.Bool bool -> bool(bool.value());
      case AttributeValue.Empty _,
          AttributeValue.Bytes _,
          AttributeValue.Items _,
          AttributeValue.Entries _ ->
          other(value);
    };
  }
}
