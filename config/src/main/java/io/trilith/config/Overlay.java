package io.trilith.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Map;

/** Sets some keys of a configuration record and leaves the others as they are. */
final class Overlay {
  private final Map<String, Binder.Located> values;
  private final List<String> errors;

  /**
   * An overlay.
   *
   * @param values by key; those that are used are taken out
   * @param errors gets what is wrong
   */
  Overlay(Map<String, Binder.Located> values, List<String> errors) {
    this.values = values;
    this.errors = errors;
  }

  /** The record with the values of its keys; the base when there are none or one is wrong. */
  <T extends Record> T over(T base) {
    RecordComponent[] components = base.getClass().getRecordComponents();
    Object[] arguments = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    boolean changed = false;
    String where = "";
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      String key = Binder.keyOf(components[i]);
      Binder.Located given = values.remove(key);
      if (given == null) {
        arguments[i] = valueOf(components[i], base);
        continue;
      }
      try {
        arguments[i] = Binder.read(components[i], given.text());
        changed = true;
        where = given.where();
      } catch (IllegalArgumentException e) {
        errors.add(given.where() + ": " + key + ": '" + given.text() + "' " + e.getMessage());
        arguments[i] = valueOf(components[i], base);
      }
    }
    return changed ? made(base, types, arguments, where) : base;
  }

  private <T extends Record> T made(T base, Class<?>[] types, Object[] arguments, String where) {
    try {
      @SuppressWarnings("unchecked") // the class of a T
      Constructor<T> constructor = (Constructor<T>) base.getClass().getDeclaredConstructor(types);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      errors.add(where + ": " + cause.getMessage());
      return base;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(base.getClass() + " is not a configuration record", e);
    }
  }

  private static Object valueOf(RecordComponent component, Object record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }
}
