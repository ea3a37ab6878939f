package io.trilith.ingest.pipeline;

import java.nio.charset.StandardCharsets;

/** Texts as bytes and back. */
final class LabelText {
  private LabelText() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
