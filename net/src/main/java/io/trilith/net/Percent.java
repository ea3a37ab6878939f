package io.trilith.net;

import io.trilith.storage.error.InvalidRequestException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Undoes percent-encoding, once and strictly: bad escapes and invalid UTF-8 are refused. */
final class Percent {
  /** Parameters one request may have, URL and form together. */
  static final int PARAMETERS_MAX = 10_000;

  private Percent() {}

  /** A path segment: a plus sign is a plus sign. */
  static String segment(String text) {
    return decode(text, "path", false);
  }

  /** Adds the parameters of a query or a form to the map, in order. */
  static void parameters(String text, Map<String, List<String>> into) {
    int count = into.size();
    int from = 0;
    while (from < text.length()) {
      int to = text.indexOf('&', from);
      if (to < 0) {
        to = text.length();
      }
      if (to > from) {
        if (++count > PARAMETERS_MAX) {
          throw new InvalidRequestException(
              "the request has more parameters than the limit of " + PARAMETERS_MAX);
        }
        String pair = text.substring(from, to);
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals), "parameter name", true);
        String value =
            equals < 0 ? "" : decode(pair.substring(equals + 1), "parameter " + shown(name), true);
        into.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
      }
      from = to + 1;
    }
  }

  static Map<String, List<String>> newMap() {
    return new LinkedHashMap<>();
  }

  private static String shown(String name) {
    return "'" + (name.length() > 40 ? name.substring(0, 40) + "…" : name) + "'";
  }

  /** The text has one char per byte. */
  private static String decode(String text, String what, boolean plusIsSpace) {
    int first = 0;
    while (first < text.length() && isPlain(text.charAt(first), plusIsSpace)) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    byte[] out = new byte[text.length()];
    int size = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
        int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0) {
          throw new InvalidRequestException("bad percent escape in the " + what);
        }
        out[size++] = (byte) (high << 4 | low);
        i += 2;
      } else {
        out[size++] = (byte) (c == '+' && plusIsSpace ? ' ' : c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(out, 0, size)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidRequestException("the " + what + " is not valid UTF-8", e);
    }
  }

  private static boolean isPlain(char c, boolean plusIsSpace) {
    return c < 0x80 && c != '%' && !(c == '+' && plusIsSpace);
  }
}
