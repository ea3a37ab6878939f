package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The texts of columns as they were at a time. Thread-safe. */
public final class TextView {
  /** Strings that were made lately are used again, by the lowest bits of their numbers. */
  private static final int KEPT = 1 << 12;

  private final int size;
  private final byte[] bytes;
  private final int[] ends;
  private final @Nullable Made[] made;

  private record Made(int text, AttributeValue.Text value) {}

  TextView(int size, byte[] bytes, int[] ends) {
    this.size = size;
    this.bytes = bytes;
    this.ends = ends;
    this.made = new @Nullable Made[Math.min(KEPT, Integer.highestOneBit(size) * 2)];
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
    int slot = text & (made.length - 1);
    Made known = made[slot];
    if (known == null || known.text != text) {
      known = new Made(text, new AttributeValue.Text(string(text)));
      made[slot] = known;
    }
    return known.value;
  }

  public String get(int text) {
    return value(text).value();
  }
}
