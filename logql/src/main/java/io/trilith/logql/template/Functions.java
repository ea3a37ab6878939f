package io.trilith.logql.template;

import java.util.HashMap;
import java.util.Map;

/** All functions templates know, by name. */
final class Functions {
  private static final Map<String, TemplateFunction> ALL = new HashMap<>();

  static {
    ALL.put("__line__", _ -> null);
    ALL.put("__timestamp__", _ -> null);
    TextFunctions.add(ALL);
    NumberFunctions.add(ALL);
    TimeFunctions.add(ALL);
    BuiltinFunctions.add(ALL);
  }

  private Functions() {}

  static boolean known(String name) {
    return ALL.containsKey(name);
  }

  static TemplateFunction get(String name) throws TemplateException {
    TemplateFunction function = ALL.get(name);
    if (function == null) {
      throw new TemplateException("function \"" + name + "\" not defined");
    }
    return function;
  }
}
