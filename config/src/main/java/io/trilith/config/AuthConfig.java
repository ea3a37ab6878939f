package io.trilith.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Who may ask. */
public record AuthConfig(
    @Key(
            doc =
                "required: each request needs a credential of auth.file, except for health. none: nobody is asked. auto: required as soon as auth.file is set.",
            value = "auto")
        Mode mode,
    @Key(
            doc =
                "Tokens, users, issuers of JSON web tokens and certificates; docs/security.md has its form. A file that is wrong stops the start; later the last good one goes on.",
            value = "")
        Path file,
    @Key(doc = "How often that file, and those it names, are looked at for changes.", value = "10s")
        Duration reload,
    @Key(
            doc =
                "Addresses or CIDR ranges of proxies whose X-Forwarded-For is believed, from the right. Empty: nobody's.",
            value = "")
        List<String> trustedProxies,
    @Key(
            doc =
                "Listen to other machines without any credential, with auth.mode none: for a server behind a proxy that authenticates.",
            value = "false")
        boolean openNetwork) {
  /** Whether credentials are asked for. */
  public enum Mode {
    AUTO,
    NONE,
    REQUIRED
  }

  public AuthConfig {
    trustedProxies = List.copyOf(trustedProxies);
    for (String proxy : trustedProxies) {
      try {
        AddressRange _ = AddressRange.parse(proxy);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "trusted-proxies: '" + proxy + "' is no address and no range such as 10.0.0.0/8", e);
      }
    }
  }

  public boolean hasFile() {
    return !file.toString().isEmpty();
  }

  /** Whether a request needs a credential. */
  public boolean isRequired() {
    return mode == Mode.REQUIRED || (mode == Mode.AUTO && hasFile());
  }

  /** The proxies that are believed. */
  public List<AddressRange> proxies() {
    return trustedProxies.stream().map(AddressRange::parse).toList();
  }

  /** Nobody is asked. */
  public static AuthConfig defaults() {
    return Binder.defaults(AuthConfig.class);
  }
}
