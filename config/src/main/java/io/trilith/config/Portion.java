package io.trilith.config;

/**
 * A part of the heap, written as {@code 20%} of it or as a size such as {@code 64MiB}.
 *
 * @param percent of the heap; 0 when it is a size
 * @param size when percent is 0
 */
public record Portion(int percent, ByteSize size) {
  private static final ByteSize NONE = new ByteSize(0);

  public Portion {
    if (percent < 0 || percent > 100) {
      throw new IllegalArgumentException("is not between 0% and 100%");
    }
  }

  /** Reads what {@link #toString} writes. Throws IllegalArgumentException. */
  public static Portion parse(String text) {
    if (!text.endsWith("%")) {
      return new Portion(0, ByteSize.parse(text));
    }
    try {
      return new Portion(Integer.parseInt(text.substring(0, text.length() - 1).strip()), NONE);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is neither a percentage nor a size", e);
    }
  }

  /** In bytes. */
  public long of(long heap) {
    return percent == 0 ? size.bytes() : heap / 100 * percent;
  }

  @Override
  public String toString() {
    return percent == 0 ? size.toString() : percent + "%";
  }
}
