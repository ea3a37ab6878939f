package io.trilith.server.bucket;

/** What a verb could not do, in words for the operator: the process ends with status 1. */
@SuppressWarnings("serial") // never serialised
public final class VerbException extends RuntimeException {
  VerbException(String message) {
    super(message);
  }

  VerbException(String message, Throwable cause) {
    super(message, cause);
  }
}
