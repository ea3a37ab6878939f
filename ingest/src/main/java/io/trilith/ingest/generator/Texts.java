package io.trilith.ingest.generator;

import io.trilith.storage.model.Labels;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Names and values of labels out of attributes. */
final class Texts {
  private Texts() {}

  /** Turns what a label name must not have into underscores. */
  static String labelName(String attribute) {
    StringBuilder name = new StringBuilder(attribute.length() + 1);
    for (int i = 0; i < attribute.length(); i++) {
      char c = attribute.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      if (digit && i == 0) {
        name.append('_');
      }
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      name.append(digit || letter ? c : '_');
    }
    return name.toString();
  }

  /** The text of an attribute, empty when it is not there. */
  static String find(Attributes attributes, String key) {
    AttributeValue value = attributes.find(key);
    return value == null ? "" : text(value);
  }

  static String text(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text text -> text.value();
      case AttributeValue.Bool flag -> Boolean.toString(flag.value());
      case AttributeValue.Int number -> Long.toString(number.value());
      case AttributeValue.Real number -> number(number.value());
      case AttributeValue.Bytes bytes -> Base64.getEncoder().encodeToString(bytes.value());
      case AttributeValue.Empty _, AttributeValue.Items _, AttributeValue.Entries _ -> "";
    };
  }

  /** Whole numbers without a fraction, as Go writes them. */
  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** Cuts a value to this many bytes of UTF-8, between characters. */
  static String cut(String value, int bytesMax) {
    // A char is never more than three bytes, so that most need not be looked at.
    if (value.length() <= bytesMax / 3) {
      return value;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= bytesMax) {
      return value;
    }
    int end = bytesMax;
    while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
      end--;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  /** Sets a label when its value is not empty. */
  static void set(Labels.Builder labels, String name, String value, int bytesMax) {
    if (!value.isEmpty()) {
      labels.set(name, cut(value, bytesMax));
    }
  }
}
