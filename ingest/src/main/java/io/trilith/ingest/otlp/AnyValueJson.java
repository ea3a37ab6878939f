package io.trilith.ingest.otlp;

import java.util.Locale;

/** Writes an attribute value as JSON. Recursion is bounded by the reader's depth limit. */
final class AnyValueJson {
  private AnyValueJson() {}

  static String of(AnyValue value) {
    StringBuilder out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  static String quoted(String text) {
    StringBuilder out = new StringBuilder();
    quote(text, out);
    return out.toString();
  }

  private static void write(AnyValue value, StringBuilder out) {
    switch (value) {
      case AnyValue.Empty _ -> out.append("null");
      case AnyValue.Text _, AnyValue.Bytes _ -> quote(value.text(), out);
      case AnyValue.Bool _, AnyValue.Int _ -> out.append(value.text());
      case AnyValue.Double number -> {
        if (Double.isFinite(number.value())) {
          out.append(value.text());
        } else {
          quote(value.text(), out);
        }
      }
      case AnyValue.Array array -> {
        out.append('[');
        String comma = "";
        for (AnyValue item : array.values()) {
          out.append(comma);
          write(item, out);
          comma = ",";
        }
        out.append(']');
      }
      case AnyValue.KeyValues map -> {
        out.append('{');
        String comma = "";
        for (var entry : map.values().entrySet()) {
          out.append(comma);
          quote(entry.getKey(), out);
          out.append(':');
          write(entry.getValue(), out);
          comma = ",";
        }
        out.append('}');
      }
    }
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
