package io.trilith.storage.error;

/**
 * Something that can never fit into the memory there is for it, however idle the process. Writes
 * answer 413, queries 422. The message names limit, value and the key that raises it.
 */
public final class TooLargeException extends RuntimeException {
  public TooLargeException(String message) {
    super(message);
  }
}
