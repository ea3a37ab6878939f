package io.trilith.cli.bucket;

/** What a verb could not do, in words for the operator: the process ends with status 1. */
@SuppressWarnings("serial") // never serialised
public final class VerbException extends RuntimeException {
  public VerbException(String message) {
    super(message);
  }

  public VerbException(String message, Throwable cause) {
    super(message, cause);
  }
}
