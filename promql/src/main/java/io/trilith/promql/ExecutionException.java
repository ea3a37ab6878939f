package io.trilith.promql;

import io.trilith.storage.error.InvalidRequestException;

/** A query that is well formed but cannot be evaluated over the data it meets: 422. */
public final class ExecutionException extends InvalidRequestException {
  ExecutionException(String message) {
    super(message);
  }
}
