package io.trilith.engine.template;

import io.trilith.engine.template.ActionLexer.Kind;
import io.trilith.engine.template.ActionLexer.Token;
import io.trilith.storage.text.GoNumber;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/** Parses the pipelines of one action. Used once. */
final class PipeParser {
  private static final int DEPTH_MAX = 100;

  private final ActionLexer tokens;
  private final Set<String> variables;
  private final FunctionTable functions;
  private int depth;

  /** Variables that are declared are added to the set. */
  PipeParser(ActionLexer tokens, Set<String> variables, FunctionTable functions) {
    this.functions = functions;
    this.tokens = tokens;
    this.variables = variables;
  }

  Node.Pipe parse() throws TemplateException {
    List<String> targets = new ArrayList<>();
    boolean declares = targets(targets);
    Node.Pipe pipe = pipe(targets, declares);
    if (!tokens.done()) {
      throw unexpected(tokens.peek());
    }
    if (declares) {
      variables.addAll(targets);
    }
    return pipe;
  }

  private static TemplateException unexpected(Token token) {
    return new TemplateException("unexpected \"" + token.text() + "\" in command");
  }

  /** Reads {@code $i, $v :=} or {@code $v =} if it is there; true when it declares. */
  private boolean targets(List<String> targets) throws TemplateException {
    tokens.space();
    int mark = tokens.mark();
    while (tokens.peek().kind() == Kind.VARIABLE) {
      targets.add(tokens.next().text());
      tokens.space();
      if (tokens.symbol(",") && targets.size() == 1) {
        tokens.next();
        tokens.space();
        continue;
      }
      if (tokens.symbol(":=")) {
        tokens.next();
        return true;
      }
      if (tokens.symbol("=")) {
        tokens.next();
        for (String target : targets) {
          checkVariable(target);
        }
        return false;
      }
      break;
    }
    targets.clear();
    tokens.reset(mark);
    return false;
  }

  private void checkVariable(String name) throws TemplateException {
    if (!variables.contains(name)) {
      throw new TemplateException("undefined variable \"" + name + "\"");
    }
  }

  private Node.Pipe pipe(List<String> targets, boolean declares) throws TemplateException {
    if (++depth > DEPTH_MAX) {
      throw new TemplateException("parentheses nested deeper than " + DEPTH_MAX);
    }
    List<Node.Command> commands = new ArrayList<>();
    commands.add(command());
    while (tokens.symbol("|")) {
      tokens.next();
      commands.add(command());
    }
    depth--;
    return new Node.Pipe(List.copyOf(targets), declares, List.copyOf(commands));
  }

  private Node.Command command() throws TemplateException {
    List<Node.Operand> operands = new ArrayList<>();
    tokens.space();
    int mark = tokens.mark();
    int offset = tokens.peek().offset();
    while (!tokens.done() && !tokens.symbol("|") && !tokens.symbol(")")) {
      operands.add(operand());
      tokens.space();
    }
    if (operands.isEmpty()) {
      throw new TemplateException("missing value for command");
    }
    return new Node.Command(List.copyOf(operands), tokens.since(mark), offset);
  }

  private Node.Operand operand() throws TemplateException {
    Token token = tokens.next();
    return switch (token.kind()) {
      case STRING -> new Node.Operand.Literal(GoValues.unquote(token.text()));
      case CHARACTER -> new Node.Operand.Literal(character(token.text()));
      case NUMBER -> new Node.Operand.Literal(number(token.text()));
      case VARIABLE -> {
        checkVariable(token.text());
        yield new Node.Operand.Variable(token.text(), fields());
      }
      case FIELD -> {
        if (token.text().length() == 1) {
          yield new Node.Operand.Dot();
        }
        List<String> fields = new ArrayList<>();
        fields.add(token.text().substring(1));
        fields.addAll(fields());
        yield new Node.Operand.Field(List.copyOf(fields));
      }
      case WORD -> word(token.text());
      case SYMBOL -> {
        if (!token.text().equals("(")) {
          throw unexpected(token);
        }
        Node.Pipe pipe = pipe(List.of(), false);
        tokens.space();
        if (!tokens.symbol(")")) {
          throw new TemplateException("unclosed left paren");
        }
        tokens.next();
        yield new Node.Operand.Nested(pipe, fields());
      }
      case SPACE -> throw unexpected(token);
    };
  }

  private List<String> fields() {
    List<String> fields = new ArrayList<>();
    while (tokens.peek().kind() == Kind.FIELD && tokens.peek().text().length() > 1) {
      fields.add(tokens.next().text().substring(1));
    }
    return List.copyOf(fields);
  }

  private Node.Operand word(String word) throws TemplateException {
    return switch (word) {
      case "true" -> new Node.Operand.Literal(true);
      case "false" -> new Node.Operand.Literal(false);
      case "nil" -> new Node.Operand.Literal(null);
      default -> {
        if (!functions.has(word)) {
          throw new TemplateException("function \"" + word + "\" not defined");
        }
        yield new Node.Operand.Function(word);
      }
    };
  }

  private static Object character(String text) throws TemplateException {
    String content = GoValues.unquote("\"" + text + "\"");
    if (content.codePointCount(0, content.length()) != 1) {
      throw new TemplateException("malformed character constant: '" + text + "'");
    }
    return (long) content.codePointAt(0);
  }

  private static Object number(String text) throws TemplateException {
    OptionalLong whole = GoNumber.literal(text);
    if (whole.isPresent()) {
      return whole.getAsLong();
    }
    OptionalDouble real = GoNumber.real(text);
    if (real.isEmpty()) {
      throw new TemplateException("bad number syntax: \"" + text + "\"");
    }
    return real.getAsDouble();
  }
}
