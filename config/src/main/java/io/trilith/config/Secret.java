package io.trilith.config;

/**
 * A text that no log, answer or message may show. Each key of this type can be given as {@code
 * KEY-file: PATH} too.
 */
public record Secret(String value) {
  @Override
  public String toString() {
    return value.isEmpty() ? "" : "<hidden>";
  }
}
