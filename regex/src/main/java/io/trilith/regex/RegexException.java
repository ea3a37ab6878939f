package io.trilith.regex;

/** An expression cannot be compiled. The message says why in Go's words and is meant for users. */
public final class RegexException extends RuntimeException {
  RegexException(String message) {
    super(message);
  }
}
