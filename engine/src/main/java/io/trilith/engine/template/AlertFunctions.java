package io.trilith.engine.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prometheus' functions over texts, links and the results of queries. */
final class AlertFunctions {
  private AlertFunctions() {}

  static void add(Map<String, TemplateFunction> all) {
    all.put("title", a -> TextFunctions.title(a.text(0)));
    all.put("toUpper", a -> a.text(0).toUpperCase(Locale.ROOT));
    all.put("toLower", a -> a.text(0).toLowerCase(Locale.ROOT));
    all.put("match", a -> TextFunctions.regex(a.text(0)).matcher(a.text(1)).find());
    all.put("reReplaceAll", a -> TextFunctions.replaceAll(a.text(0), a.text(2), a.text(1), true));
    all.put("safeHtml", a -> a.text(0));
    all.put("urlQueryEscape", a -> URLEncoder.encode(a.text(0), StandardCharsets.UTF_8));
    all.put("graphLink", a -> link(a.text(0), 0));
    all.put("tableLink", a -> link(a.text(0), 1));
    all.put("stripPort", a -> stripPort(a.text(0)));
    all.put("stripDomain", a -> stripDomain(a.text(0)));
    all.put("args", AlertFunctions::args);
    all.put("first", a -> first(a.get(0)));
    all.put("label", a -> labels(a.get(1)).text(a.text(0)));
    all.put("value", a -> member(a.get(0), "Value"));
    all.put("strvalue", a -> labels(a.get(0)).text("__value__"));
    all.put("sortByLabel", a -> sorted(a.text(0), a.get(1)));
  }

  private static String link(String query, int tab) {
    return "/graph?g0.expr=" + URLEncoder.encode(query, StandardCharsets.UTF_8) + "&g0.tab=" + tab;
  }

  private static Map<String, @Nullable Object> args(Arguments arguments) throws TemplateException {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      all.put("arg" + i, arguments.get(i));
    }
    return all;
  }

  private static @Nullable Object first(@Nullable Object vector) throws TemplateException {
    List<?> samples = vector(vector);
    if (samples.isEmpty()) {
      throw new TemplateException("first() called on vector with no elements");
    }
    return samples.getFirst();
  }

  private static List<?> vector(@Nullable Object value) throws TemplateException {
    if (value instanceof List<?> list) {
      return list;
    }
    throw new TemplateException(
        "wrong type for value; expected template.queryResult; got " + GoValues.type(value));
  }

  private static @Nullable Object member(@Nullable Object sample, String name)
      throws TemplateException {
    if (sample instanceof Struct struct && struct.members().containsKey(name)) {
      return struct.members().get(name);
    }
    throw new TemplateException(
        "wrong type for value; expected *template.sample; got " + GoValues.type(sample));
  }

  private static TextMap labels(@Nullable Object sample) throws TemplateException {
    return member(sample, "Labels") instanceof TextMap labels ? labels : new TextMap(Map.of());
  }

  private static List<@Nullable Object> sorted(String label, @Nullable Object vector)
      throws TemplateException {
    record Keyed(String key, @Nullable Object sample) {}

    List<Keyed> keyed = new ArrayList<>();
    for (Object sample : vector(vector)) {
      keyed.add(new Keyed(labels(sample).text(label), sample));
    }
    keyed.sort(Comparator.comparing(Keyed::key));
    List<@Nullable Object> sorted = new ArrayList<>();
    keyed.forEach(one -> sorted.add(one.sample()));
    return sorted;
  }

  /** A host and its port, as Go's {@code net.SplitHostPort} takes them apart. */
  private record HostPort(String host, String port) {}

  /** Null for what is not a host and a port. */
  private static @Nullable HostPort split(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      return null;
    }
    String port = text.substring(colon + 1);
    if (text.startsWith("[")) {
      int close = text.indexOf(']');
      boolean whole =
          close == colon - 1 && text.indexOf('[', 1) < 0 && text.indexOf(']', close + 1) < 0;
      return whole ? new HostPort(text.substring(1, close), port) : null;
    }
    String host = text.substring(0, colon);
    boolean odd = host.indexOf(':') >= 0 || host.indexOf('[') >= 0 || host.indexOf(']') >= 0;
    return odd || port.indexOf('[') >= 0 || port.indexOf(']') >= 0
        ? null
        : new HostPort(host, port);
  }

  private static String stripPort(String text) {
    HostPort parts = split(text);
    return parts == null ? text : parts.host();
  }

  private static String stripDomain(String text) {
    HostPort parts = split(text);
    String host = parts == null ? text : parts.host();
    if (isAddress(host)) {
      return text;
    }
    int dot = host.indexOf('.');
    String first = dot < 0 ? host : host.substring(0, dot);
    if (parts == null || parts.port().isEmpty()) {
      return first;
    }
    return (first.indexOf(':') >= 0 ? "[" + first + "]" : first) + ":" + parts.port();
  }

  /** Whether it is an IP address: four numbers below 256, or hexadecimal with colons. */
  private static boolean isAddress(String host) {
    if (host.indexOf(':') >= 0) {
      return host.chars().allMatch(c -> Character.digit(c, 16) >= 0 || c == ':' || c == '.');
    }
    String[] parts = host.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      boolean digits =
          !part.isEmpty() && part.length() <= 3 && part.chars().allMatch(c -> c >= '0' && c <= '9');
      boolean zeroes = part.length() > 1 && part.startsWith("0");
      if (!digits || zeroes || (part.length() == 3 && part.compareTo("255") > 0)) {
        return false;
      }
    }
    return true;
  }
}
