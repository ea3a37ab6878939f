package io.trilith.tracestore;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Keys and values in the order they were sent. Immutable. */
public final class Attributes {
  public static final Attributes NONE = new Attributes(new String[0], new AttributeValue[0]);

  private final String[] keys;
  private final AttributeValue[] values;

  private Attributes(String[] keys, AttributeValue[] values) {
    this.keys = keys;
    this.values = values;
  }

  /** The arrays belong to the attributes from here on. */
  public static Attributes of(String[] keys, AttributeValue[] values) {
    if (keys.length != values.length) {
      throw new IllegalArgumentException(keys.length + " keys, " + values.length + " values");
    }
    return keys.length == 0 ? NONE : new Attributes(keys, values);
  }

  public int size() {
    return keys.length;
  }

  public String key(int i) {
    return keys[i];
  }

  public AttributeValue value(int i) {
    return values[i];
  }

  /** The value of a key, null when it is not there; the first of equal keys. */
  public @Nullable AttributeValue find(String key) {
    for (int i = 0; i < keys.length; i++) {
      if (keys[i].equals(key)) {
        return values[i];
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Attributes attributes
        && Arrays.equals(keys, attributes.keys)
        && Arrays.equals(values, attributes.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(keys) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < keys.length; i++) {
      text.append(i == 0 ? "" : ", ").append(keys[i]).append('=').append(values[i]);
    }
    return text.append('}').toString();
  }
}
