package io.trilith.engine.template;

import io.trilith.storage.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A template in the language of Go's text/template. Bounded: what it writes, how many steps it
 * takes, how deep it calls. Immutable, thread-safe.
 */
public final class Template {
  private final String name;
  private final String text;
  private final FunctionTable functions;
  private final List<Node> body;
  private final Map<String, List<Node>> definitions;
  private final Set<String> fields = new HashSet<>();
  private final Map<String, Set<String>> variableFields = new HashMap<>();
  private boolean readsAll;

  /** The functions that only the one who runs a template has. */
  @FunctionalInterface
  public interface Locals {
    /** The function of a name; null when there is none. */
    @Nullable TemplateFunction find(String name);
  }

  private Template(
      String name, String text, FunctionTable functions, TemplateParser.Parsed parsed) {
    this.functions = functions;
    this.name = name;
    this.text = text;
    this.body = parsed.body();
    this.definitions = parsed.definitions();
    collect(body);
    definitions.values().forEach(this::collect);
  }

  /** One over a log entry, see {@link FunctionTable#LOGS}. Throws InvalidRequestException. */
  public static Template parse(String name, String text) {
    try {
      return parse(name, text, FunctionTable.LOGS);
    } catch (TemplateException e) {
      throw new InvalidRequestException("parse error : invalid template: " + e.getMessage(), e);
    }
  }

  /** One that may call these functions. */
  public static Template parse(String name, String text, FunctionTable functions)
      throws TemplateException {
    return new Template(name, text, functions, new TemplateParser(name, text, functions).parse());
  }

  /** The labels it reads by name. */
  public Set<String> fields() {
    return Set.copyOf(fields);
  }

  /** The fields it reads of a variable, whose name begins with a dollar. */
  public Set<String> fieldsOf(String variable) {
    return Set.copyOf(variableFields.getOrDefault(variable, Set.of()));
  }

  /** Whether it may read labels it does not name. */
  public boolean readsAll() {
    return readsAll;
  }

  /**
   * The text for one entry.
   *
   * @param time of the entry, nanoseconds
   */
  public String execute(Map<String, String> labels, String line, long time)
      throws TemplateException {
    return execute(
        new TextMap(labels),
        function ->
            switch (function) {
              case "__line__" -> _ -> line;
              case "__timestamp__" -> _ -> GoTime.ofNanos(time);
              default -> null;
            });
  }

  /**
   * The text for one value.
   *
   * @param dot a String, Long, Double, Boolean, GoTime, GoDuration, List, Map with text keys,
   *     TextMap, Struct or null
   * @param locals asked before the table of functions is
   */
  public String execute(@Nullable Object dot, Locals locals) throws TemplateException {
    try {
      return new Execution(name, definitions, functions, locals).run(body, dot);
    } catch (FailedCommandException e) {
      throw new TemplateException(
          "template: "
              + name
              + ":"
              + place(e.command().offset())
              + ": executing \""
              + e.template()
              + "\" at <"
              + e.command().text()
              + ">: "
              + e.getMessage());
    } catch (TemplateException e) {
      throw new TemplateException("template: " + name + ": executing: " + e.getMessage());
    }
  }

  /** Line, from 1 on, and byte in the line, from 0 on in the first line and from 1 in others. */
  private String place(int offset) {
    int line = 1;
    int start = 0;
    for (int at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
      line++;
      start = at;
    }
    return line + ":" + text.substring(start, offset).getBytes(StandardCharsets.UTF_8).length;
  }

  private void collect(List<Node> nodes) {
    for (Node node : nodes) {
      switch (node) {
        case Node.Text _, Node.Break _, Node.Continue _ -> {}
        case Node.Action action -> collect(action.pipe());
        case Node.If branch -> collect(branch.pipe(), branch.then(), branch.otherwise());
        case Node.With branch -> collect(branch.pipe(), branch.then(), branch.otherwise());
        case Node.Range range -> collect(range.pipe(), range.body(), range.otherwise());
        case Node.Call call -> {
          if (call.pipe() != null) {
            collect(call.pipe());
          }
        }
      }
    }
  }

  private void collect(Node.Pipe pipe, List<Node> first, List<Node> second) {
    collect(pipe);
    collect(first);
    collect(second);
  }

  private void collect(Node.Pipe pipe) {
    for (Node.Command command : pipe.commands()) {
      for (Node.Operand operand : command.operands()) {
        switch (operand) {
          case Node.Operand.Dot _ -> readsAll = true;
          case Node.Operand.Literal _, Node.Operand.Function _ -> {}
          case Node.Operand.Variable variable -> {
            readsAll |= variable.name().equals("$");
            if (!variable.fields().isEmpty()) {
              variableFields
                  .computeIfAbsent(variable.name(), _ -> new HashSet<>())
                  .add(variable.fields().getFirst());
            }
          }
          case Node.Operand.Field field -> fields.add(field.fields().getFirst());
          case Node.Operand.Nested nested -> collect(nested.pipe());
        }
      }
    }
  }
}
