package io.trilith.net;

import io.trilith.net.identity.Access;
import org.jspecify.annotations.Nullable;

/**
 * Tells requests that a page of another origin makes a browser send. The browser adds what it
 * knows, a user's network position or client certificate, so these must not change anything or
 * listen, whoever asks.
 */
final class Origins {
  private Origins() {}

  /**
   * Whether it comes from a foreign page and its route must not be reached by one.
   *
   * @param asks whether credentials are asked for: then a page of another origin opens no socket
   *     either, unless cors names it. Without, sockets stay open to all as the rest of the API is:
   *     Grafana passes on its own origin when it follows logs
   */
  static boolean isRefused(RequestHead head, Access access, Cors cors, boolean asks) {
    boolean socket = asks && head.header("upgrade") != null;
    if (!socket && !access.isSensitive()) {
      return false;
    }
    String origin = head.header("origin");
    if (socket && origin != null && cors.allows(origin)) {
      return false;
    }
    String site = head.header("sec-fetch-site");
    boolean foreignSite = site != null && !site.equals("same-origin") && !site.equals("none");
    return foreignSite || (origin != null && !isOwn(origin, head.header("host")));
  }

  private static boolean isOwn(String origin, @Nullable String host) {
    int slashes = origin.indexOf("://");
    return slashes > 0 && host != null && origin.substring(slashes + 3).equalsIgnoreCase(host);
  }
}
