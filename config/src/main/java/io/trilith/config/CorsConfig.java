package io.trilith.config;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

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
  private static final Pattern ORIGIN =
      Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://(\\*\\.)?[a-zA-Z0-9\\[\\]:.-]+");
  private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  public CorsConfig {
    allowedOrigins = List.copyOf(allowedOrigins);
    allowedHeaders = List.copyOf(allowedHeaders);
    for (String origin : allowedOrigins) {
      if (!origin.equals("*") && !ORIGIN.matcher(origin).matches()) {
        throw new IllegalArgumentException(
            "cors.allowed-origins: '"
                + origin
                + "' is no origin; write scheme://host or scheme://host:port, without a path,"
                + " and * only as the first label of the host");
      }
    }
    for (String name : allowedHeaders) {
      if (!HEADER.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "cors.allowed-headers: '" + name + "' is no name of a header");
      }
    }
  }

  /** No page of another origin. */
  public static CorsConfig defaults() {
    return Binder.defaults(CorsConfig.class);
  }
}
