package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The texts of columns as they were at a time. Thread-safe. */
public final class TextView {
  /** Strings of the first texts, which are those that come often, are kept. */
  private static final int KEPT = 1 << 13;

  private final int size;
  private final byte[] bytes;
  private final int[] ends;
  private final AtomicReferenceArray<AttributeValue.@Nullable Text> made;

  TextView(int size, byte[] bytes, int[] ends) {
    this.size = size;
    this.bytes = bytes;
    this.ends = ends;
    this.made = new AtomicReferenceArray<>(Math.min(KEPT, size));
  }

  public int size() {
    return size;
  }

  public byte[] bytes() {
    return bytes;
  }

  public int start(int text) {
    return text == 0 ? 0 : ends[text - 1];
  }

  public int end(int text) {
    return ends[text];
  }

  public int length(int text) {
    return end(text) - start(text);
  }

  /** A text as a string, made anew. */
  public String string(int text) {
    return new String(bytes, start(text), length(text), StandardCharsets.UTF_8);
  }

  public AttributeValue.Text value(int text) {
    if (text >= made.length()) {
      return new AttributeValue.Text(string(text));
    }
    AttributeValue.Text known = made.getPlain(text);
    if (known == null) {
      known = new AttributeValue.Text(string(text));
      made.set(text, known);
    }
    return known;
  }

  public String get(int text) {
    return value(text).value();
  }
}
