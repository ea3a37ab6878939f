package io.trilith.tracestore;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Keys and values in the order they were sent. Immutable, thread-safe. */
public final class Attributes {
  public static final Attributes NONE =
      new Attributes(new String[0], new Array(new AttributeValue[0]));

  private final String[] keys;
  private final Values values;

  /** Where values come from; some are made anew each time. Immutable, thread-safe. */
  @FunctionalInterface
  public interface Values {
    AttributeValue value(int i);
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Array(AttributeValue[] values) implements Values {
    @Override
    public AttributeValue value(int i) {
      return values[i];
    }
  }

  private Attributes(String[] keys, Values values) {
    this.keys = keys;
    this.values = values;
  }

  /** The arrays belong to the attributes from here on. */
  public static Attributes of(String[] keys, AttributeValue[] values) {
    if (keys.length != values.length) {
      throw new IllegalArgumentException(keys.length + " keys, " + values.length + " values");
    }
    return keys.length == 0 ? NONE : new Attributes(keys, new Array(values));
  }

  /**
   * Attributes whose values are made when they are asked for, and of which a query reads few.
   *
   * @param keys shared with others, not to be changed
   */
  public static Attributes of(String[] keys, Values values) {
    return keys.length == 0 ? NONE : new Attributes(keys, values);
  }

  public int size() {
    return keys.length;
  }

  public String key(int i) {
    return keys[i];
  }

  public AttributeValue value(int i) {
    return values.value(i);
  }

  /** The value of a key, null when it is not there; the first of equal keys. */
  public @Nullable AttributeValue find(String key) {
    for (int i = 0; i < keys.length; i++) {
      if (keys[i].equals(key)) {
        return values.value(i);
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Attributes attributes) || !Arrays.equals(keys, attributes.keys)) {
      return false;
    }
    for (int i = 0; i < keys.length; i++) {
      if (!value(i).equals(attributes.value(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = Arrays.hashCode(keys);
    for (int i = 0; i < keys.length; i++) {
      hash = 31 * hash + value(i).hashCode();
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < keys.length; i++) {
      text.append(i == 0 ? "" : ", ").append(keys[i]).append('=').append(value(i));
    }
    return text.append('}').toString();
  }
}
