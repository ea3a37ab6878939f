package io.trilith.config;

/**
 * Where a server listens: {@code 127.0.0.1:3200}, {@code [::1]:3200}, {@code :3200} for all
 * interfaces. Port 0: any.
 */
public record HostPort(String host, int port) {
  public HostPort {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("has port " + port + ", which is not in 0-65535");
    }
  }

  /** Throws IllegalArgumentException when it is not HOST:PORT. */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      if (colon >= 0) {
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new HostPort(
            bracketed ? host.substring(1, host.length() - 1) : host,
            Integer.parseInt(text.substring(colon + 1)));
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is not HOST:PORT", e);
    }
    throw new IllegalArgumentException("is not HOST:PORT");
  }

  /** Whether only this machine reaches it. Names other than localhost are not looked up. */
  public boolean isLoopback() {
    boolean name = host.equals("localhost") || host.endsWith(".localhost");
    boolean address = host.equals("::1") || host.equals("[::1]");
    return name || address || (host.startsWith("127.") && digitsAndDots(host));
  }

  private static boolean digitsAndDots(String text) {
    return text.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
