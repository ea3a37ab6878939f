package io.trilith.cli.client;

/** A server that could not be asked, or what it said instead of an answer. */
public final class ApiException extends RuntimeException {
  public ApiException(String message) {
    super(message);
  }

  public ApiException(String message, Throwable cause) {
    super(message, cause);
  }
}
