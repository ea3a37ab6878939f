package io.trilith.logql.template;

/** A template that failed on an entry; the message is for the entry's error label. */
public final class TemplateException extends Exception {
  TemplateException(String message) {
    super(message, null, false, false);
  }
}
