package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import io.trilith.net.HttpAnswer;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON into memory, in pieces of its encoded text, so that a large one is there once; commas
 * come by themselves. Not thread-safe.
 */
final class JsonText {
  private static final int PIECE = 1 << 16;

  private final @Nullable QueryBudget budget;

  /** What was written before what is in {@link #out}. */
  private final List<byte[]> pieces = new ArrayList<>();

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
    if (out.length() > PIECE) {
      endPiece();
    }
    if (comma) {
      out.append(',');
    }
    comma = true;
  }

  private void endPiece() {
    if (budget != null) {
      budget.addBytes(out.length());
    }
    pieces.add(out.toString().getBytes(StandardCharsets.UTF_8));
    out.setLength(0);
    if (out.capacity() > 2 * PIECE) {
      out.trimToSize();
    }
  }

  /** The answer with this text as its body; nothing may be written any more. */
  HttpAnswer answer(int status) {
    if (pieces.isEmpty()) {
      return HttpAnswer.json(status, out.toString());
    }
    endPiece();
    return HttpAnswer.json(
        status,
        (OutputStream to) -> {
          for (byte[] piece : pieces) {
            to.write(piece);
          }
        });
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
    StringBuilder whole = new StringBuilder();
    pieces.forEach(piece -> whole.append(new String(piece, StandardCharsets.UTF_8)));
    return whole.append(out).toString();
  }
}
