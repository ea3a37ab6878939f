package io.trilith.engine.template;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.RegexText;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;

/** Functions over text. */
final class TextFunctions {
  private TextFunctions() {}

  static void add(Map<String, TemplateFunction> all) {
    all.put("ToLower", a -> a.text(0).toLowerCase(Locale.ROOT));
    all.put("lower", a -> a.text(0).toLowerCase(Locale.ROOT));
    all.put("ToUpper", a -> a.text(0).toUpperCase(Locale.ROOT));
    all.put("upper", a -> a.text(0).toUpperCase(Locale.ROOT));
    all.put("title", a -> title(a.text(0)));
    all.put("Replace", a -> replace(a.text(0), a.text(1), a.text(2), a.integer(3)));
    all.put("replace", a -> replace(a.text(2), a.text(0), a.text(1), -1));
    all.put("Trim", a -> trim(a.text(0), a.text(1), true, true));
    all.put("TrimLeft", a -> trim(a.text(0), a.text(1), true, false));
    all.put("TrimRight", a -> trim(a.text(0), a.text(1), false, true));
    all.put("trimAll", a -> trim(a.text(1), a.text(0), true, true));
    all.put("TrimPrefix", a -> withoutPrefix(a.text(0), a.text(1)));
    all.put("TrimSuffix", a -> withoutSuffix(a.text(0), a.text(1)));
    all.put("trimPrefix", a -> withoutPrefix(a.text(1), a.text(0)));
    all.put("trimSuffix", a -> withoutSuffix(a.text(1), a.text(0)));
    all.put("TrimSpace", a -> a.text(0).strip());
    all.put("trim", a -> a.text(0).strip());
    all.put("contains", a -> a.text(1).contains(a.text(0)));
    all.put("hasPrefix", a -> a.text(1).startsWith(a.text(0)));
    all.put("hasSuffix", a -> a.text(1).endsWith(a.text(0)));
    all.put("trunc", a -> truncate(NumberFunctions.integer(a.get(0)), a.text(1)));
    all.put(
        "substr",
        a ->
            substring(
                NumberFunctions.integer(a.get(0)), NumberFunctions.integer(a.get(1)), a.text(2)));
    all.put("indent", a -> indent(NumberFunctions.integer(a.get(0)), a.text(1)));
    all.put("nindent", a -> "\n" + indent(NumberFunctions.integer(a.get(0)), a.text(1)));
    all.put("repeat", a -> repeat(NumberFunctions.integer(a.get(0)), a.text(1)));
    all.put("alignLeft", a -> align(a.integer(0), a.text(1), true));
    all.put("alignRight", a -> align(a.integer(0), a.text(1), false));
    all.put("regexReplaceAll", a -> replaceAll(a.text(0), a.text(1), a.text(2), true));
    all.put("regexReplaceAllLiteral", a -> replaceAll(a.text(0), a.text(1), a.text(2), false));
    all.put("count", a -> count(a.text(0), a.text(1)));
    all.put("urlencode", a -> URLEncoder.encode(a.text(0), StandardCharsets.UTF_8));
    all.put("urldecode", a -> urlDecode(a.text(0)));
    all.put("b64enc", a -> encode(a.text(0)));
    all.put("b64dec", a -> decode(a.text(0)));
  }

  static String title(String text) {
    StringBuilder out = new StringBuilder(text);
    boolean start = true;
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (start) {
        out.setCharAt(i, Character.toTitleCase(c));
      }
      start = !Character.isLetterOrDigit(c) && c != '_' && c != '\'';
    }
    return out.toString();
  }

  private static String replace(String text, String old, String replacement, long count)
      throws TemplateException {
    StringBuilder out = new StringBuilder();
    long left = count < 0 ? Long.MAX_VALUE : count;
    int at = 0;
    while (left > 0) {
      int found = text.indexOf(old, at);
      if (found < 0) {
        break;
      }
      out.append(text, at, found).append(replacement);
      at = found + old.length();
      left--;
      if (old.isEmpty()) {
        if (at >= text.length()) {
          break;
        }
        out.append(text.charAt(at++));
        if (at >= text.length()) {
          out.append(left > 0 ? replacement : "");
          break;
        }
      }
      Arguments.checkLength(out.length());
    }
    out.append(text, Math.min(at, text.length()), text.length());
    Arguments.checkLength(out.length());
    return out.toString();
  }

  private static String trim(String text, String cutset, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && cutset.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    while (right && to > from && cutset.indexOf(text.charAt(to - 1)) >= 0) {
      to--;
    }
    return text.substring(from, to);
  }

  private static String withoutPrefix(String text, String prefix) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  private static String withoutSuffix(String text, String suffix) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static String bytes(byte[] bytes, long from, long to) {
    return new String(Arrays.copyOfRange(bytes, (int) from, (int) to), StandardCharsets.UTF_8);
  }

  /** Counts bytes, as Go does, and so may cut a character. */
  private static String truncate(long count, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (count < 0 && bytes.length + count > 0) {
      return bytes(bytes, bytes.length + count, bytes.length);
    }
    return count >= 0 && bytes.length > count ? bytes(bytes, 0, count) : text;
  }

  private static String substring(long start, long end, String text) throws TemplateException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long from = Math.max(start, 0);
    long to = end < 0 || end > bytes.length ? bytes.length : end;
    if (start < 0 && (end < 0 || end > bytes.length)) {
      throw new TemplateException("slice bounds out of range");
    }
    if (from > to) {
      throw new TemplateException("slice bounds out of range [" + from + ":" + to + "]");
    }
    return bytes(bytes, from, to);
  }

  private static String indent(long spaces, String text) throws TemplateException {
    if (spaces < 0) {
      throw new TemplateException("negative Repeat count");
    }
    Arguments.checkLength(spaces);
    String pad = " ".repeat((int) spaces);
    return pad + replace(text, "\n", "\n" + pad, -1);
  }

  private static String repeat(long count, String text) throws TemplateException {
    if (count < 0) {
      throw new TemplateException("negative Repeat count");
    }
    if (text.isEmpty()) {
      return "";
    }
    Arguments.checkLength(count);
    Arguments.checkLength(count * text.length());
    return text.repeat((int) count);
  }

  private static String align(long count, String text, boolean left) throws TemplateException {
    int length = text.codePointCount(0, text.length());
    if (count < 0 || count == length) {
      return text;
    }
    Arguments.checkLength(count);
    int pad = (int) count - length;
    if (pad > 0) {
      return left ? text + " ".repeat(pad) : " ".repeat(pad) + text;
    }
    return left
        ? text.substring(0, text.offsetByCodePoints(0, (int) count))
        : text.substring(text.offsetByCodePoints(0, length - (int) count));
  }

  static Pattern regex(String text) throws TemplateException {
    try {
      return RegexText.captures(RegexText.compile(text));
    } catch (InvalidRequestException e) {
      throw new TemplateException(String.valueOf(e.getMessage()));
    }
  }

  static String replaceAll(String regex, String text, String replacement, boolean expand)
      throws TemplateException {
    Matcher matcher = regex(regex).matcher(text);
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (matcher.find()) {
      out.append(text, at, matcher.start());
      if (expand) {
        expand(matcher, replacement, out);
      } else {
        out.append(replacement);
      }
      at = matcher.end();
      Arguments.checkLength(out.length());
    }
    return out.append(text, at, text.length()).toString();
  }

  /** Go's {@code $1}, {@code ${1}}, {@code $name}, {@code $$}. */
  private static void expand(Matcher matcher, String replacement, StringBuilder out) {
    int at = 0;
    while (at < replacement.length()) {
      char c = replacement.charAt(at++);
      if (c != '$' || at == replacement.length()) {
        out.append(c);
        continue;
      }
      if (replacement.charAt(at) == '$') {
        out.append('$');
        at++;
        continue;
      }
      boolean braced = replacement.charAt(at) == '{';
      int from = braced ? at + 1 : at;
      int to = from;
      while (to < replacement.length()
          && (Character.isLetterOrDigit(replacement.charAt(to)) || replacement.charAt(to) == '_')) {
        to++;
      }
      if (to == from || (braced && (to == replacement.length() || replacement.charAt(to) != '}'))) {
        out.append('$');
        continue;
      }
      out.append(group(matcher, replacement.substring(from, to)));
      at = braced ? to + 1 : to;
    }
  }

  private static String group(Matcher matcher, String name) {
    String value = null;
    if (name.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int number = GoNumber.digits(name, 0, name.length(), 10);
      value = number >= 0 && number <= matcher.groupCount() ? matcher.group(number) : null;
    } else if (matcher.pattern().namedGroups().containsKey(name)) {
      value = matcher.group(name);
    }
    return value == null ? "" : value;
  }

  private static Object count(String regex, String text) throws TemplateException {
    Matcher matcher = regex(regex).matcher(text);
    long count = 0;
    while (matcher.find()) {
      count++;
    }
    return count;
  }

  private static String urlDecode(String text) throws TemplateException {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new TemplateException("invalid URL escape");
    }
  }

  private static String encode(String text) throws TemplateException {
    Arguments.checkLength(text.length() * 2L);
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String text) throws TemplateException {
    try {
      return new String(Base64.getDecoder().decode(withoutPadding(text)), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new TemplateException("illegal base64 data");
    }
  }

  private static String withoutPadding(String text) {
    return trim(text, "=", false, true);
  }
}
