package io.trilith.engine.template;

/** A template that is none, or failed; the message says where. */
public sealed class TemplateException extends Exception permits FailedCommandException {
  public TemplateException(String message) {
    super(message, null, false, false);
  }
}
