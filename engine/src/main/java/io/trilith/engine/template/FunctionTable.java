package io.trilith.engine.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The functions that a kind of template may call, by name. Immutable, thread-safe. */
public final class FunctionTable {
  /** Those of Loki, for lines and labels of log entries. */
  public static final FunctionTable LOGS = logs();

  /**
   * Those of Prometheus, for labels and annotations of alerts. Who runs the template brings {@code
   * query}, {@code externalURL}, {@code pathPrefix} and {@code now}.
   */
  public static final FunctionTable ALERTS = alerts();

  private final Map<String, TemplateFunction> functions;
  private final Set<String> locals;

  private FunctionTable(Map<String, TemplateFunction> functions, Set<String> locals) {
    this.functions = Map.copyOf(functions);
    this.locals = locals;
  }

  private static FunctionTable logs() {
    Map<String, TemplateFunction> all = new HashMap<>();
    TextFunctions.add(all);
    NumberFunctions.add(all);
    TimeFunctions.add(all);
    BuiltinFunctions.add(all);
    BuiltinFunctions.addSprig(all);
    return new FunctionTable(all, Set.of("__line__", "__timestamp__"));
  }

  private static FunctionTable alerts() {
    Map<String, TemplateFunction> all = new HashMap<>();
    BuiltinFunctions.add(all);
    AlertFunctions.add(all);
    HumanFunctions.add(all);
    return new FunctionTable(all, Set.of("query", "externalURL", "pathPrefix", "now"));
  }

  boolean has(String name) {
    return functions.containsKey(name) || locals.contains(name);
  }

  TemplateFunction get(String name) throws TemplateException {
    TemplateFunction function = functions.get(name);
    if (function == null) {
      throw new TemplateException("function \"" + name + "\" not defined");
    }
    return function;
  }
}
