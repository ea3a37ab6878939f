package io.trilith.traceql.parser;

import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import io.trilith.traceql.ast.Printer;
import io.trilith.traceql.ast.Static;
import org.antlr.v4.runtime.Token;

/** Reads the values written in a query. */
final class Literals {
  private Literals() {}

  static Static read(TraceQlParser.LiteralContext context, boolean negative) {
    Token at = context.getStart();
    String text = context.getText();
    Static value =
        switch (context) {
          case TraceQlParser.IntLiteralContext _ -> integer(at, (negative ? "-" : "") + text);
          case TraceQlParser.FloatLiteralContext _ -> real(at, (negative ? "-" : "") + text);
          case TraceQlParser.DurationLiteralContext _ -> duration(at, text, negative);
          case TraceQlParser.StringLiteralContext _ ->
              new Static.Text(unescape(at, text.substring(1, text.length() - 1)));
          case TraceQlParser.RawLiteralContext _ ->
              new Static.Text(text.substring(1, text.length() - 1));
          default -> word(text);
        };
    boolean number =
        value instanceof Static.Int
            || value instanceof Static.Real
            || value instanceof Static.Duration;
    if (negative && !number) {
      throw TraceQueries.error(at, "'-' needs a number");
    }
    return value;
  }

  static Static.Int integer(Token at, String text) {
    return new Static.Int(
        GoNumber.whole(text)
            .orElseThrow(
                () -> TraceQueries.error(at, "integer " + text + " does not fit 64 bits")));
  }

  static Static.Real real(Token at, String text) {
    return new Static.Real(
        GoNumber.real(text)
            .orElseThrow(() -> TraceQueries.error(at, "number " + text + " is too large")));
  }

  static Static.Duration duration(Token at, String text, boolean negative) {
    try {
      long nanos = Lengths.nanos(text);
      return new Static.Duration(negative ? -nanos : nanos);
    } catch (Lengths.Malformed e) {
      throw TraceQueries.error(at, "invalid duration " + text);
    }
  }

  private static Static word(String text) {
    return switch (text) {
      case "true" -> new Static.Bool(true);
      case "false" -> new Static.Bool(false);
      case "nil" -> Static.Nil.INSTANCE;
      case "minInt" -> new Static.Int(Long.MIN_VALUE);
      case "maxInt" -> new Static.Int(Long.MAX_VALUE);
      case "unset", "ok", "error" -> new Static.Status(code(text, true));
      default -> new Static.Kind(code(text, false));
    };
  }

  private static int code(String text, boolean status) {
    int code = 0;
    while (!text.equals(status ? Printer.status(code) : Printer.kind(code))) {
      code++;
    }
    return code;
  }

  /** The escapes of Go's strings. */
  static String unescape(Token at, String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      char escape = text.charAt(++i);
      int digits =
          switch (escape) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        out.appendCodePoint(codePoint(at, text, i + 1, digits, 16));
        i += digits;
      } else if (escape >= '0' && escape <= '7') {
        out.appendCodePoint(codePoint(at, text, i, 3, 8));
        i += 2;
      } else {
        out.append(simple(at, escape));
      }
    }
    return out.toString();
  }

  private static int codePoint(Token at, String text, int from, int digits, int radix) {
    int value = GoNumber.digits(text, from, from + digits, radix);
    if (!Character.isValidCodePoint(value)) {
      throw TraceQueries.error(at, "invalid escape or code point in string");
    }
    return value;
  }

  private static char simple(Token at, char escape) {
    return switch (escape) {
      case 'a' -> 7;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'v' -> 11;
      case '\\', '"', '\'' -> escape;
      default -> throw TraceQueries.error(at, "invalid escape \\" + escape + " in string");
    };
  }
}
