package io.trilith.engine.template;

/** A command failed: as the template's error, but it is known where. */
final class FailedCommandException extends TemplateException {
  private static final long serialVersionUID = 1L;

  private final transient Node.Command command;
  private final String template;

  FailedCommandException(String message, Node.Command command, String template) {
    super(message);
    this.command = command;
    this.template = template;
  }

  Node.Command command() {
    return command;
  }

  /** The name of the template or of the definition that has the command. */
  String template() {
    return template;
  }
}
