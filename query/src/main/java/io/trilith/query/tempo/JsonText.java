package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Writes JSON into memory; commas come by themselves. Not thread-safe. */
final class JsonText {
  private static final int CHARGE = 1 << 16;

  /** The text grows by doubling and is copied when it is done. */
  private static final int BYTES_PER_CHAR = 4;

  private final @Nullable QueryBudget budget;
  private int charged = CHARGE;
  private final StringBuilder out = new StringBuilder(1024);
  private boolean comma;

  /** A text that is small whatever is asked. */
  JsonText() {
    this(null);
  }

  /** A text that takes its memory of a budget and leaves it taken. */
  JsonText(@Nullable QueryBudget budget) {
    this.budget = budget;
  }

  private void value() {
    while (budget != null && out.length() > charged) {
      budget.addBytes((long) BYTES_PER_CHAR * CHARGE);
      charged += CHARGE;
    }
    if (comma) {
      out.append(',');
    }
    comma = true;
  }

  JsonText open(char bracket) {
    value();
    out.append(bracket);
    comma = false;
    return this;
  }

  JsonText close(char bracket) {
    out.append(bracket);
    comma = true;
    return this;
  }

  JsonText key(String key) {
    value();
    quote(key);
    out.append(':');
    comma = false;
    return this;
  }

  JsonText text(String text) {
    value();
    quote(text);
    return this;
  }

  /** A 64-bit number, which proto3's JSON has as a text. */
  JsonText long64(long number) {
    value();
    out.append('"').append(number).append('"');
    return this;
  }

  JsonText number(long number) {
    value();
    out.append(number);
    return this;
  }

  JsonText number(double number) {
    value();
    if (Double.isFinite(number)) {
      out.append(
          number == Math.rint(number) && Math.abs(number) < 1e15
              ? Long.toString((long) number)
              : Double.toString(number));
    } else {
      quote(Double.isNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
    }
    return this;
  }

  JsonText bool(boolean bool) {
    value();
    out.append(bool);
    return this;
  }

  JsonText field(String key, String text) {
    return key(key).text(text);
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            out.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
