package io.trilith.net;

import io.trilith.config.CorsConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which pages of other origins a browser lets ask, and what it is told of it. Immutable. */
final class Cors {
  private static final String ALWAYS = "content-type, authorization, x-scope-orgid";

  /**
   * An origin, or many.
   *
   * @param before the star, or all when there is none
   */
  private record Allowed(String before, boolean many, String after) {
    static Allowed of(String origin) {
      String text = origin.toLowerCase(Locale.ROOT);
      int star = text.indexOf('*');
      return star < 0
          ? new Allowed(text, false, "")
          : new Allowed(text.substring(0, star), true, text.substring(star + 1));
    }

    boolean is(String origin) {
      if (!many) {
        return origin.equals(before);
      }
      int end = origin.length() - after.length();
      if (end <= before.length() || !origin.startsWith(before) || !origin.endsWith(after)) {
        return false;
      }
      // Alone it stands for everything, else for labels of a host and nothing more.
      return before.isEmpty()
          || origin
              .substring(before.length(), end)
              .chars()
              .allMatch(
                  c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.');
    }
  }

  private final List<Allowed> origins = new ArrayList<>();
  private final String headers;
  private final String maxAge;

  Cors(CorsConfig config) {
    config.allowedOrigins().forEach(origin -> origins.add(Allowed.of(origin)));
    StringBuilder all = new StringBuilder(ALWAYS);
    config.allowedHeaders().forEach(name -> all.append(", ").append(name));
    headers = all.toString();
    maxAge = Long.toString(config.maxAge().toSeconds());
  }

  boolean allows(@Nullable String origin) {
    if (origin == null) {
      return false;
    }
    String text = origin.toLowerCase(Locale.ROOT);
    return origins.stream().anyMatch(allowed -> allowed.is(text));
  }

  /** What every answer to the request says, errors too; nothing when no origin is configured. */
  Map<String, String> headers(RequestHead head) {
    if (origins.isEmpty()) {
      return Map.of();
    }
    Map<String, String> answer = new LinkedHashMap<>();
    // A cache must not give one page what another one got.
    answer.put("vary", "origin");
    String origin = head.header("origin");
    if (origin != null && allows(origin)) {
      answer.put("access-control-allow-origin", origin);
      answer.put("access-control-expose-headers", "retry-after, x-trilith-warning");
    }
    return answer;
  }

  /**
   * What a browser asks before it sends a page's request; empty when it may not or asks nothing.
   */
  Map<String, String> preflight(RequestHead head, String methods) {
    if (!head.method().equals("OPTIONS")
        || head.header("access-control-request-method") == null
        || !allows(head.header("origin"))) {
      return Map.of();
    }
    return Map.of(
        "access-control-allow-methods", methods,
        "access-control-allow-headers", headers,
        "access-control-max-age", maxAge);
  }
}
