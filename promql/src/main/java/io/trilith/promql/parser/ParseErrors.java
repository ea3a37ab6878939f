package io.trilith.promql.parser;

import io.trilith.storage.error.InvalidRequestException;

/** Errors with the place they are about. */
final class ParseErrors {
  private ParseErrors() {}

  static InvalidRequestException at(String query, int position, String message) {
    return new InvalidRequestException(
        Positions.lineAndColumn(query, position) + ": parse error: " + message);
  }
}
