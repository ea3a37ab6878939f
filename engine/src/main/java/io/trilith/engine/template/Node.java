package io.trilith.engine.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tree of a template. */
sealed interface Node {
  record Text(String text) implements Node {}

  record Action(Pipe pipe) implements Node {}

  record If(Pipe pipe, List<Node> then, List<Node> otherwise) implements Node {}

  record With(Pipe pipe, List<Node> then, List<Node> otherwise) implements Node {}

  record Range(Pipe pipe, List<Node> body, List<Node> otherwise) implements Node {}

  record Call(String name, @Nullable Pipe pipe) implements Node {}

  record Break() implements Node {}

  record Continue() implements Node {}

  /**
   * Commands, each of which gets the last one's value as its last argument.
   *
   * @param variables that take the value
   * @param declares whether they are new
   */
  record Pipe(List<String> variables, boolean declares, List<Command> commands) {}

  /**
   * Words of which the first may be a function.
   *
   * @param text the command as Go writes it
   * @param offset of the command in the template
   */
  record Command(List<Operand> operands, String text, int offset) {}

  /** One word of a command. */
  sealed interface Operand {
    record Dot() implements Operand {}

    /** A literal; null is {@code nil}. */
    record Literal(@Nullable Object value) implements Operand {}

    record Function(String name) implements Operand {}

    record Variable(String name, List<String> fields) implements Operand {}

    record Field(List<String> fields) implements Operand {}

    record Nested(Pipe pipe, List<String> fields) implements Operand {}
  }
}
