package io.trilith.ingest.pipeline;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What is written instead of a piece: text, {@code $1} and {@code ${1}} for its groups, {@code
 * <hash>} for the first twelve hexadecimal digits of the HMAC-SHA-256 of its first group, or of all
 * of it. Immutable, thread-safe.
 */
final class Replacement {
  private static final String HASH = "<hash>";
  private static final int HASH_BYTES = 6;

  private final List<Part> parts;
  private final byte[] key;

  private sealed interface Part {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Text(byte[] bytes) implements Part {}

    record Group(int number) implements Part {}

    record Hash() implements Part {}
  }

  /**
   * Reads a template.
   *
   * @param key of hashes
   */
  Replacement(String template, byte[] key) {
    this.key = key.clone();
    List<Part> read = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      int group = groupEnd(template, at);
      if (template.startsWith(HASH, at)) {
        flush(text, read);
        read.add(new Part.Hash());
        at += HASH.length();
      } else if (group > 0) {
        flush(text, read);
        boolean braced = template.charAt(at + 1) == '{';
        read.add(new Part.Group(template.charAt(at + (braced ? 2 : 1)) - '0'));
        at = group;
      } else {
        text.append(template.charAt(at++));
      }
    }
    flush(text, read);
    parts = List.copyOf(read);
  }

  private static void flush(StringBuilder text, List<Part> parts) {
    if (!text.isEmpty()) {
      parts.add(new Part.Text(text.toString().getBytes(StandardCharsets.UTF_8)));
      text.setLength(0);
    }
  }

  /** Where a reference to a group ends, 0 when none begins here. */
  private static int groupEnd(String template, int at) {
    boolean braced = template.startsWith("${", at);
    int digit = at + (braced ? 2 : 1);
    if (template.charAt(at) != '$'
        || digit >= template.length()
        || template.charAt(digit) < '0'
        || template.charAt(digit) > '9') {
      return 0;
    }
    boolean closed = digit + 1 < template.length() && template.charAt(digit + 1) == '}';
    return braced ? (closed ? digit + 2 : 0) : digit + 1;
  }

  /** Writes it for the piece that a search has found. */
  void write(byte[] text, Finder.Search piece, ByteArrayOutputStream out) {
    for (Part part : parts) {
      switch (part) {
        case Part.Text(byte[] bytes) -> out.write(bytes, 0, bytes.length);
        case Part.Group(int number) -> {
          int start = number <= piece.groups() ? piece.start(number) : -1;
          if (start >= 0) {
            out.write(text, start, piece.end(number) - start);
          }
        }
        case Part.Hash() -> {
          byte[] hash = hash(text, piece).getBytes(StandardCharsets.US_ASCII);
          out.write(hash, 0, hash.length);
        }
      }
    }
  }

  private String hash(byte[] text, Finder.Search piece) {
    int group = piece.groups() > 0 && piece.start(1) >= 0 ? 1 : 0;
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(text, piece.start(group), piece.end(group) - piece.start(group));
      return HexFormat.of().formatHex(Arrays.copyOf(mac.doFinal(), HASH_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
    }
  }
}
