package io.trilith.engine.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Runs a template once. Confined to one thread. */
final class Execution {
  private static final int STEPS_MAX = 100_000;
  private static final long WORK_MAX = 16L << 20;
  private static final int CALLS_MAX = 100;

  private enum Flow {
    NORMAL,
    BREAK,
    CONTINUE
  }

  private static final class Variable {
    final String name;
    @Nullable Object value;

    Variable(String name, @Nullable Object value) {
      this.name = name;
      this.value = value;
    }
  }

  private String running;
  private final Map<String, List<Node>> definitions;
  private final FunctionTable functions;
  private final Template.Locals locals;
  private final StringBuilder out = new StringBuilder();
  private List<Variable> variables = new ArrayList<>();
  private int steps;
  private long work;
  private int calls;

  Execution(
      String name,
      Map<String, List<Node>> definitions,
      FunctionTable functions,
      Template.Locals locals) {
    this.running = name;
    this.definitions = definitions;
    this.functions = functions;
    this.locals = locals;
  }

  String run(List<Node> body, @Nullable Object dot) throws TemplateException {
    variables.add(new Variable("$", dot));
    Flow _ = walk(body, dot);
    return out.toString();
  }

  private Flow walk(List<Node> nodes, @Nullable Object dot) throws TemplateException {
    for (Node node : nodes) {
      step();
      Flow flow = walk(node, dot);
      if (flow != Flow.NORMAL) {
        return flow;
      }
    }
    return Flow.NORMAL;
  }

  private void step() throws TemplateException {
    if (++steps > STEPS_MAX) {
      throw new TemplateException("exceeded the limit of " + STEPS_MAX + " steps");
    }
  }

  private Flow walk(Node node, @Nullable Object dot) throws TemplateException {
    int scope = variables.size();
    switch (node) {
      case Node.Text(String text) -> write(text);
      case Node.Action(Node.Pipe pipe) -> {
        Object value = eval(pipe, dot);
        if (pipe.variables().isEmpty()) {
          write(GoValues.print(value));
        }
      }
      case Node.If branch -> {
        boolean holds = GoValues.truth(eval(branch.pipe(), dot));
        Flow flow = walk(holds ? branch.then() : branch.otherwise(), dot);
        leave(scope);
        return flow;
      }
      case Node.With branch -> {
        Object value = eval(branch.pipe(), dot);
        Flow flow =
            GoValues.truth(value) ? walk(branch.then(), value) : walk(branch.otherwise(), dot);
        leave(scope);
        return flow;
      }
      case Node.Range range -> {
        Flow flow = range(range, dot);
        leave(scope);
        return flow;
      }
      case Node.Call call -> call(call, dot);
      case Node.Break _ -> {
        return Flow.BREAK;
      }
      case Node.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NORMAL;
  }

  private void leave(int scope) {
    variables.subList(scope, variables.size()).clear();
  }

  private void write(String text) throws TemplateException {
    Arguments.checkLength((long) out.length() + text.length());
    out.append(text);
  }

  private void call(Node.Call call, @Nullable Object dot) throws TemplateException {
    List<Node> body = definitions.get(call.name());
    if (body == null) {
      throw new TemplateException("template \"" + call.name() + "\" not defined");
    }
    if (++calls > CALLS_MAX) {
      throw new TemplateException("exceeded maximum template depth (" + CALLS_MAX + ")");
    }
    Object value = call.pipe() == null ? null : eval(call.pipe(), dot);
    List<Variable> outer = variables;
    String caller = running;
    running = call.name();
    variables = new ArrayList<>();
    variables.add(new Variable("$", value));
    walk(body, value);
    variables = outer;
    running = caller;
    calls--;
  }

  private Flow range(Node.Range range, @Nullable Object dot) throws TemplateException {
    Object over = evalCommands(range.pipe(), dot);
    List<Object> keys = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    switch (over) {
      case null -> {}
      case List<?> list -> {
        for (int i = 0; i < list.size(); i++) {
          keys.add((long) i);
          values.add(list.get(i));
        }
      }
      case Map<?, ?> map ->
          new TreeMap<>(map)
              .forEach(
                  (key, value) -> {
                    keys.add(key);
                    values.add(value);
                  });
      case Long count -> {
        for (long i = 0; i < Math.min(count, STEPS_MAX + 1L); i++) {
          keys.add(i);
          values.add(i);
        }
      }
      default -> throw new TemplateException("range can't iterate over " + GoValues.print(over));
    }
    if (keys.isEmpty()) {
      return walk(range.otherwise(), dot);
    }
    int scope = variables.size();
    for (int i = 0; i < keys.size(); i++) {
      step();
      bind(range.pipe(), keys.get(i), values.get(i));
      Flow flow = walk(range.body(), values.get(i));
      leave(scope);
      if (flow == Flow.BREAK) {
        break;
      }
    }
    return Flow.NORMAL;
  }

  private void bind(Node.Pipe pipe, Object key, @Nullable Object value) throws TemplateException {
    List<String> names = pipe.variables();
    for (int i = 0; i < names.size(); i++) {
      Object bound = names.size() == 2 && i == 0 ? key : value;
      if (pipe.declares()) {
        variables.add(new Variable(names.get(i), bound));
      } else {
        variable(names.get(i)).value = bound;
      }
    }
  }

  private Variable variable(String wanted) throws TemplateException {
    for (Variable variable : variables.reversed()) {
      if (variable.name.equals(wanted)) {
        return variable;
      }
    }
    throw new TemplateException("undefined variable: " + wanted);
  }

  private @Nullable Object eval(Node.Pipe pipe, @Nullable Object dot) throws TemplateException {
    Object value = evalCommands(pipe, dot);
    for (String target : pipe.variables()) {
      if (pipe.declares()) {
        variables.add(new Variable(target, value));
      } else {
        variable(target).value = value;
      }
    }
    return value;
  }

  private @Nullable Object evalCommands(Node.Pipe pipe, @Nullable Object dot)
      throws TemplateException {
    Object value = null;
    boolean first = true;
    for (Node.Command command : pipe.commands()) {
      step();
      try {
        value = command(command.operands(), dot, value, !first);
      } catch (FailedCommandException e) {
        throw e;
      } catch (TemplateException e) {
        throw new FailedCommandException(String.valueOf(e.getMessage()), command, running);
      }
      first = false;
    }
    return value;
  }

  private @Nullable Object command(
      List<Node.Operand> command, @Nullable Object dot, @Nullable Object last, boolean piped)
      throws TemplateException {
    if (command.getFirst() instanceof Node.Operand.Function(String function)) {
      return invoke(function, command, dot, last, piped);
    }
    if (command.size() > 1 || piped) {
      return method(command, dot, last, piped);
    }
    return operand(command.getFirst(), dot);
  }

  /** Calls a method with arguments: the last of the fields that the command begins with. */
  private @Nullable Object method(
      List<Node.Operand> command, @Nullable Object dot, @Nullable Object last, boolean piped)
      throws TemplateException {
    List<String> path =
        switch (command.getFirst()) {
          case Node.Operand.Variable variable -> variable.fields();
          case Node.Operand.Field field -> field.fields();
          case Node.Operand.Nested nested -> nested.fields();
          case Node.Operand.Dot _, Node.Operand.Literal _, Node.Operand.Function _ -> List.of();
        };
    if (path.isEmpty()) {
      throw new TemplateException("can't give argument to non-function");
    }
    List<String> owner = path.subList(0, path.size() - 1);
    Object start =
        switch (command.getFirst()) {
          case Node.Operand.Variable variable -> variable(variable.name()).value;
          case Node.Operand.Nested nested -> eval(nested.pipe(), dot);
          case Node.Operand.Field _,
              Node.Operand.Dot _,
              Node.Operand.Literal _,
              Node.Operand.Function _ ->
              dot;
        };
    Object receiver = fields(start, owner);
    List<@Nullable Object> values = new ArrayList<>();
    for (Node.Operand operand : command.subList(1, command.size())) {
      values.add(operand(operand, dot));
    }
    if (piped) {
      values.add(last);
    }
    String name = path.getLast();
    if (!Methods.has(receiver)) {
      throw new TemplateException(name + " has arguments but cannot be invoked as function");
    }
    return Methods.call(receiver, new Arguments(name, values));
  }

  private @Nullable Object invoke(
      String function,
      List<Node.Operand> command,
      @Nullable Object dot,
      @Nullable Object last,
      boolean piped)
      throws TemplateException {
    boolean and = function.equals("and");
    boolean stops = and || function.equals("or");
    List<@Nullable Object> values = new ArrayList<>(command.size());
    for (int i = 1; i < command.size(); i++) {
      Object value = operand(command.get(i), dot);
      if (stops && GoValues.truth(value) != and) {
        return value;
      }
      values.add(value);
    }
    if (piped) {
      values.add(last);
    }
    spend(values);
    Arguments arguments = new Arguments(function, values);
    try {
      Object result = special(function, arguments);
      spend(Collections.singletonList(result));
      return result;
    } catch (TemplateException e) {
      throw new TemplateException("error calling " + function + ": " + e.getMessage());
    }
  }

  private @Nullable Object special(String function, Arguments arguments) throws TemplateException {
    TemplateFunction local = locals.find(function);
    return (local == null ? functions.get(function) : local).call(arguments);
  }

  private void spend(List<@Nullable Object> values) throws TemplateException {
    for (Object value : values) {
      work += value instanceof String text ? text.length() : 1;
    }
    if (work > WORK_MAX) {
      throw new TemplateException("exceeded the limit of " + WORK_MAX + " characters of work");
    }
  }

  private @Nullable Object operand(Node.Operand operand, @Nullable Object dot)
      throws TemplateException {
    return switch (operand) {
      case Node.Operand.Dot _ -> dot;
      case Node.Operand.Literal(Object value) -> value;
      case Node.Operand.Function(String function) ->
          invoke(function, List.of(operand), dot, null, false);
      case Node.Operand.Variable(String wanted, List<String> fields) ->
          fields(variable(wanted).value, fields);
      case Node.Operand.Field(List<String> fields) -> fields(dot, fields);
      case Node.Operand.Nested(Node.Pipe pipe, List<String> fields) ->
          fields(eval(pipe, dot), fields);
    };
  }

  private @Nullable Object fields(@Nullable Object start, List<String> fields)
      throws TemplateException {
    Object value = start;
    for (String field : fields) {
      switch (value) {
        case null -> throw new TemplateException("nil pointer evaluating interface {}." + field);
        case Map<?, ?> map -> {
          Object found = map.get(field);
          // A missing label is an empty text, a missing member of JSON is nothing.
          value = found == null && map instanceof TextMap ? "" : found;
        }
        case Struct struct when struct.members().containsKey(field) ->
            value = struct.members().get(field);
        case GoTime _, GoDuration _ -> value = Methods.call(value, new Arguments(field, List.of()));
        default ->
            throw new TemplateException(
                "can't evaluate field " + field + " in type " + GoValues.type(value));
      }
    }
    return value;
  }
}
