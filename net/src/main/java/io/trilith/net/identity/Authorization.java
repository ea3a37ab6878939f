package io.trilith.net.identity;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What an Authorization header holds. */
sealed interface Authorization {
  /** A token, or what looks like one. */
  record Bearer(String token) implements Authorization {}

  /** A user with a password. */
  record Basic(String user, String password) implements Authorization {
    @Override
    public String toString() {
      return "Basic";
    }
  }

  /** Null when it is neither, or malformed. */
  static @Nullable Authorization parse(String header) {
    int blank = header.indexOf(' ');
    if (blank < 0) {
      return null;
    }
    String value = header.substring(blank + 1).strip();
    return switch (header.substring(0, blank).toLowerCase(Locale.ROOT)) {
      case "bearer" -> value.isEmpty() ? null : new Bearer(value);
      case "basic" -> basic(value);
      default -> null;
    };
  }

  private static @Nullable Authorization basic(String value) {
    try {
      String pair =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Base64.getDecoder().decode(value)))
              .toString();
      int colon = pair.indexOf(':');
      return colon < 0 ? null : new Basic(pair.substring(0, colon), pair.substring(colon + 1));
    } catch (IllegalArgumentException | CharacterCodingException e) {
      return null;
    }
  }
}
