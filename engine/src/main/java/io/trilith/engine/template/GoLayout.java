package io.trilith.engine.template;

import io.trilith.storage.text.GoNumber;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;

/** Times written and read after an example, as Go's layouts are. */
final class GoLayout {
  /** Longer ones before those they begin with. */
  private static final String[] TOKENS = {
    "January", "Jan", "Monday", "Mon", "MST", "2006", "-07:00", "-0700", "-07", "Z07:00", "Z0700",
    "Z07", "002", "01", "02", "03", "04", "05", "06", "15", "_2", "PM", "pm", "1", "2", "3", "4",
    "5"
  };

  private GoLayout() {}

  private static String token(String layout, int at) {
    char c = layout.charAt(at);
    if ((c == '.' || c == ',') && at + 1 < layout.length()) {
      char digit = layout.charAt(at + 1);
      int end = at + 1;
      while (end < layout.length() && layout.charAt(end) == digit) {
        end++;
      }
      boolean more = end < layout.length() && Character.isDigit(layout.charAt(end));
      if ((digit == '0' || digit == '9') && !more) {
        return layout.substring(at, end);
      }
    }
    for (String token : TOKENS) {
      if (layout.startsWith(token, at)) {
        return token;
      }
    }
    return "";
  }

  static String format(ZonedDateTime time, String layout) throws TemplateException {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < layout.length()) {
      String token = token(layout, at);
      if (token.isEmpty()) {
        out.append(layout.charAt(at++));
      } else {
        out.append(part(time, token));
        at += token.length();
      }
      Arguments.checkLength(out.length());
    }
    return out.toString();
  }

  private static String part(ZonedDateTime time, String token) {
    int hour = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    return switch (token) {
      case "January" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Jan" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case "Monday" -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Mon" ->
          time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
      case "MST" -> zoneName(time);
      case "2006" -> digits(time.getYear(), 4);
      case "06" -> digits(time.getYear() % 100, 2);
      case "01" -> digits(time.getMonthValue(), 2);
      case "1" -> digits(time.getMonthValue(), 1);
      case "02" -> digits(time.getDayOfMonth(), 2);
      case "2" -> digits(time.getDayOfMonth(), 1);
      case "_2" -> (time.getDayOfMonth() < 10 ? " " : "") + time.getDayOfMonth();
      case "002" -> digits(time.getDayOfYear(), 3);
      case "15" -> digits(time.getHour(), 2);
      case "03" -> digits(hour, 2);
      case "3" -> digits(hour, 1);
      case "04" -> digits(time.getMinute(), 2);
      case "4" -> digits(time.getMinute(), 1);
      case "05" -> digits(time.getSecond(), 2);
      case "5" -> digits(time.getSecond(), 1);
      case "PM" -> time.getHour() < 12 ? "AM" : "PM";
      case "pm" -> time.getHour() < 12 ? "am" : "pm";
      case "-07:00", "-0700", "-07", "Z07:00", "Z0700", "Z07" -> offset(time, token);
      default -> fraction(time.getNano(), token);
    };
  }

  private static String zoneName(ZonedDateTime time) {
    if (time.getOffset().getTotalSeconds() == 0) {
      return "UTC";
    }
    return time.format(java.time.format.DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH));
  }

  private static String offset(ZonedDateTime time, String token) {
    int seconds = time.getOffset().getTotalSeconds();
    if (token.charAt(0) == 'Z' && seconds == 0) {
      return "Z";
    }
    String hours = (seconds < 0 ? "-" : "+") + digits(Math.abs(seconds) / 3600, 2);
    String minutes = digits(Math.abs(seconds) / 60 % 60, 2);
    return switch (token.length()) {
      case 3 -> hours;
      case 5 -> hours + minutes;
      default -> hours + ":" + minutes;
    };
  }

  private static String fraction(int nanos, String token) {
    int places = Math.min(token.length() - 1, 9);
    String all = digits(nanos, 9).substring(0, places);
    if (token.charAt(1) == '9') {
      all = all.replaceAll("0+$", "");
      return all.isEmpty() ? "" : token.charAt(0) + all;
    }
    return token.charAt(0) + all;
  }

  private static String digits(int value, int width) {
    String text = Integer.toString(value);
    return "0".repeat(Math.max(0, width - text.length())) + text;
  }

  /** Reads a time that names its zone or else is in the given one. */
  static ZonedDateTime parse(String layout, String text, ZoneId zone) throws TemplateException {
    Reader reader = new Reader(text);
    int at = 0;
    try {
      while (at < layout.length()) {
        String token = token(layout, at);
        if (token.isEmpty()) {
          reader.literal(layout.charAt(at++));
        } else {
          reader.read(token);
          at += token.length();
        }
      }
      return reader.time(zone);
    } catch (DateTimeException | IndexOutOfBoundsException | NumberFormatException e) {
      throw new TemplateException(
          "parsing time \"" + text + "\" as \"" + layout + "\": cannot parse");
    }
  }

  /** Takes a text apart. */
  private static final class Reader {
    private final String text;
    private int at;
    private int year = 0;
    private int month = 1;
    private int day = 1;
    private int hour;
    private int minute;
    private int second;
    private int nano;
    private boolean afternoon;
    private boolean twelve;
    private int offset = Integer.MIN_VALUE;

    Reader(String text) {
      this.text = text;
    }

    void literal(char c) {
      if (text.charAt(at) != c) {
        throw new DateTimeException("expected " + c);
      }
      at++;
    }

    void read(String token) {
      switch (token) {
        case "January", "Jan" -> month = name(token.length() > 3, true);
        case "Monday", "Mon" -> {
          int unused = name(token.length() > 3, false);
          day = unused < 0 ? 0 : day;
        }
        case "MST" -> at += 3;
        case "2006" -> year = number(4, 4);
        case "06" -> {
          int two = number(2, 2);
          year = two < 69 ? 2000 + two : 1900 + two;
        }
        case "01" -> month = number(2, 2);
        case "1" -> month = number(1, 2);
        case "02" -> day = number(2, 2);
        case "2" -> day = number(1, 2);
        case "_2" -> {
          at += text.charAt(at) == ' ' ? 1 : 0;
          day = number(1, 2);
        }
        case "15" -> hour = number(2, 2);
        case "03", "3" -> {
          hour = number(token.length(), 2);
          twelve = true;
        }
        case "04" -> minute = number(2, 2);
        case "4" -> minute = number(1, 2);
        case "05", "5" -> {
          second = number(token.length(), 2);
          // Go takes a fraction after the seconds even when the layout has none.
          if (at < text.length() && text.charAt(at) == '.') {
            fraction();
          }
        }
        case "PM", "pm" -> {
          afternoon = Character.toUpperCase(text.charAt(at)) == 'P';
          at += 2;
        }
        case "-07:00", "-0700", "-07", "Z07:00", "Z0700", "Z07" -> offset(token);
        case "002" -> at += 3;
        default -> {
          if (at < text.length() && (text.charAt(at) == '.' || text.charAt(at) == ',')) {
            fraction();
          }
        }
      }
    }

    private static boolean digit(char c) {
      return c >= '0' && c <= '9';
    }

    private void fraction() {
      int from = ++at;
      while (at < text.length() && digit(text.charAt(at))) {
        at++;
      }
      String digits = text.substring(from, Math.min(at, from + 9));
      nano = GoNumber.digits(digits + "0".repeat(9 - digits.length()), 0, 9, 10);
    }

    private int number(int min, int max) {
      int from = at;
      while (at < text.length() && at - from < max && digit(text.charAt(at))) {
        at++;
      }
      if (at - from < min) {
        throw new DateTimeException("expected digits");
      }
      return GoNumber.digits(text, from, at, 10);
    }

    private int name(boolean full, boolean months) {
      int count = months ? 12 : 7;
      for (int i = 1; i <= count; i++) {
        String name =
            months
                ? java.time.Month.of(i).getDisplayName(TextStyle.FULL, Locale.ENGLISH)
                : java.time.DayOfWeek.of(i).getDisplayName(TextStyle.FULL, Locale.ENGLISH);
        String wanted = full ? name : name.substring(0, 3);
        if (text.regionMatches(true, at, wanted, 0, wanted.length())) {
          at += wanted.length();
          return i;
        }
      }
      throw new DateTimeException("no such name");
    }

    private void offset(String token) {
      if (token.charAt(0) == 'Z' && text.charAt(at) == 'Z') {
        at++;
        offset = 0;
        return;
      }
      int sign = text.charAt(at++) == '-' ? -1 : 1;
      int hours = number(2, 2);
      int minutes = 0;
      if (token.length() > 3) {
        at += token.length() == 6 ? 1 : 0;
        minutes = number(2, 2);
      }
      offset = sign * (hours * 3600 + minutes * 60);
    }

    ZonedDateTime time(ZoneId zone) {
      if (at != text.length()) {
        throw new DateTimeException("extra text");
      }
      int hours = twelve ? hour % 12 + (afternoon ? 12 : 0) : hour;
      LocalDateTime local = LocalDateTime.of(year, month, day, hours, minute, second, nano);
      return local.atZone(offset == Integer.MIN_VALUE ? zone : ZoneOffset.ofTotalSeconds(offset));
    }
  }
}
