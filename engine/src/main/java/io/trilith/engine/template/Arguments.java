package io.trilith.engine.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a function is called with. Wrong types and counts throw TemplateException. */
public record Arguments(String function, List<@Nullable Object> values) {
  /** Longest text a function may make. */
  static final int TEXT_MAX = 1 << 20;

  public int size() {
    return values.size();
  }

  public @Nullable Object get(int index) throws TemplateException {
    if (index >= values.size()) {
      throw new TemplateException(
          "wrong number of args for "
              + function
              + ": want at least "
              + (index + 1)
              + " got "
              + values.size());
    }
    return values.get(index);
  }

  public void count(int min, int max) throws TemplateException {
    if (values.size() < min || values.size() > max) {
      throw new TemplateException(
          "wrong number of args for " + function + ": want " + min + " got " + values.size());
    }
  }

  public String text(int index) throws TemplateException {
    if (get(index) instanceof String text) {
      return text;
    }
    throw new TemplateException(
        "wrong type for value; expected string; got " + GoValues.type(get(index)));
  }

  /** An int argument, as Go checks it. */
  long integer(int index) throws TemplateException {
    if (get(index) instanceof Long number) {
      return number;
    }
    throw new TemplateException(
        "wrong type for value; expected int; got " + GoValues.type(get(index)));
  }

  /** Refuses to make a text that is too long. */
  static void checkLength(long length) throws TemplateException {
    if (length > TEXT_MAX) {
      throw new TemplateException("text is longer than the limit of " + TEXT_MAX);
    }
  }
}
