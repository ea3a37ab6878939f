package io.trilith.ingest.otlp;

import io.trilith.storage.error.InvalidRequestException;

/** An attribute value is nested too deep; the message around it is well formed. */
public final class NestedTooDeepException extends InvalidRequestException {
  private static final long serialVersionUID = 1L;

  NestedTooDeepException(String key, int depthMax) {
    super("an attribute value is nested deeper than " + key + " of " + depthMax);
  }
}
