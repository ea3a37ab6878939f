package io.trilith.config;

import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;

/** A bearer token of the credentials' file: its hash, or the file that holds it. */
public record TokenRecord(
    @Key(doc = "What it is called in the audit log.", value = "") String name,
    @Key(doc = "sha256: and the hash of the token in hex.", value = "") Secret hash,
    @Key(doc = "A file with the token itself, such as a Docker secret.", value = "") Path tokenFile,
    @Key(doc = "What it may do.", value = "") List<String> scopes,
    @Key(doc = "Whose data; * for all, acme-* for all that begin so.", value = "")
        List<String> tenants,
    @Key(doc = "When it ends, such as 2027-06-30T00:00:00Z; empty for never.", value = "")
        String expires) {
  private static final String PREFIX = "sha256:";

  public TokenRecord {
    scopes = List.copyOf(scopes);
    tenants = List.copyOf(tenants);
    CredentialRules.check(name, scopes, tenants);
    boolean inFile = !tokenFile.toString().isEmpty();
    if (inFile != hash.value().isEmpty()) {
      throw new IllegalArgumentException("'" + name + "' needs one of hash and token-file");
    }
    if (!inFile && !isHash(hash.value())) {
      throw new IllegalArgumentException(
          "the hash of '"
              + name
              + "' is not sha256: and 64 hexadecimal digits; trilith token create makes one");
    }
    Instant _ = instant(expires);
  }

  private static boolean isHash(String text) {
    return text.startsWith(PREFIX)
        && text.length() == PREFIX.length() + 64
        && text.substring(PREFIX.length())
            .chars()
            .allMatch(
                c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'));
  }

  private static Instant instant(String text) {
    if (text.isEmpty()) {
      return Instant.MAX;
    }
    try {
      return text.length() == 10
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "expires '" + text + "' is no time such as 2027-06-30T00:00:00Z", e);
    }
  }

  /** When it ends; {@link Instant#MAX} for never. */
  public Instant end() {
    return instant(expires);
  }

  /** The hash in lower case without its prefix; empty for a token in a file. */
  public String digest() {
    String text = hash.value();
    return text.isEmpty() ? "" : text.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
  }
}
