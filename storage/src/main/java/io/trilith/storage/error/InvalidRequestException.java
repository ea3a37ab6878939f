package io.trilith.storage.error;

/**
 * What the client sent is wrong; the message is written for the user. Becomes a 400 unless an API
 * says otherwise.
 */
public class InvalidRequestException extends RuntimeException {
  public InvalidRequestException(String message) {
    super(message);
  }

  public InvalidRequestException(String message, Throwable cause) {
    super(message, cause);
  }
}
