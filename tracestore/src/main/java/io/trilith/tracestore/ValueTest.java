package io.trilith.tracestore;

import java.nio.charset.StandardCharsets;

/** A condition on one value, asked with as little made of the value as it needs. Thread-safe. */
public interface ValueTest {
  /** Whether it holds for what is not there. */
  boolean missing();

  boolean text(String value);

  /** A text as UTF-8, {@code [from, to)}. */
  default boolean text(byte[] bytes, int from, int to) {
    return text(new String(bytes, from, to - from, StandardCharsets.UTF_8));
  }

  boolean number(long value);

  /** Whether it may hold for a number between the two, both included. */
  default boolean within(long min, long max) {
    return true;
  }

  boolean real(double value);

  boolean bool(boolean value);

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
