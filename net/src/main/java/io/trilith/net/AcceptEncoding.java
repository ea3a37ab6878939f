package io.trilith.net;

import io.trilith.storage.text.GoNumber;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads an Accept-Encoding header for the one coding this server answers in. */
final class AcceptEncoding {
  private AcceptEncoding() {}

  /** Whether gzip, by its own weight or else by the wildcard's, is acceptable. */
  static boolean takesGzip(@Nullable String header) {
    if (header == null) {
      return false;
    }
    boolean wildcard = false;
    for (String part : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] pieces = part.split(";", -1);
      String coding = pieces[0].strip();
      boolean wanted = weight(pieces) > 0;
      if (coding.equals("gzip") || coding.equals("x-gzip")) {
        return wanted;
      }
      if (coding.equals("*")) {
        wildcard = wanted;
      }
    }
    return wildcard;
  }

  private static double weight(String[] pieces) {
    for (int i = 1; i < pieces.length; i++) {
      String piece = pieces[i].strip();
      if (piece.startsWith("q=")) {
        return GoNumber.real(piece.substring(2)).orElse(0);
      }
    }
    return 1;
  }
}
