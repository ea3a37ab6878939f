package io.trilith.logql.template;

/** A template that failed on an entry; the message is for the entry's error label. */
public sealed class TemplateException extends Exception permits FailedCommandException {
  TemplateException(String message) {
    super(message, null, false, false);
  }
}
