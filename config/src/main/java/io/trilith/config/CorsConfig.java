package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** Which pages of other origins may ask the API and send OTLP from a browser. */
public record CorsConfig(
    @Key(
            doc =
                "Origins such as https://app.example; * stands for one or more labels of a host, https://*.corp.example, and alone for every origin. Empty: no page of another origin. The API has no login of its own: what a page may ask, everyone who opens it may read.",
            value = "")
        List<String> allowedOrigins,
    @Key(
            doc =
                "Headers that pages may send beside content-type, authorization and x-scope-orgid.",
            value = "")
        List<String> allowedHeaders,
    @Key(doc = "How long a browser may remember the answer.", value = "10m") Duration maxAge) {
  public CorsConfig {
    allowedOrigins = List.copyOf(allowedOrigins);
    allowedHeaders = List.copyOf(allowedHeaders);
    for (String origin : allowedOrigins) {
      if (!origin.equals("*") && !isOrigin(origin)) {
        throw new IllegalArgumentException(
            "cors.allowed-origins: '"
                + origin
                + "' is no origin; write scheme://host or scheme://host:port, without a path,"
                + " and * only as the first label of the host");
      }
    }
    for (String name : allowedHeaders) {
      if (!isToken(name)) {
        throw new IllegalArgumentException(
            "cors.allowed-headers: '" + name + "' is no name of a header");
      }
    }
  }

  private static boolean isOrigin(String text) {
    int slashes = text.indexOf("://");
    String host = slashes < 1 ? "" : text.substring(slashes + 3);
    String plain = host.startsWith("*.") ? host.substring(2) : host;
    return !plain.isEmpty()
        && isToken(text.substring(0, slashes))
        && plain.chars().allMatch(c -> isLetterOrDigit(c) || "[]:.-".indexOf(c) >= 0);
  }

  private static boolean isToken(String text) {
    return !text.isEmpty()
        && text.chars().allMatch(c -> isLetterOrDigit(c) || "!#$%&'*+.^_`|~-".indexOf(c) >= 0);
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** No page of another origin. */
  public static CorsConfig defaults() {
    return Binder.defaults(CorsConfig.class);
  }
}
