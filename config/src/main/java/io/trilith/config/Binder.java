package io.trilith.config;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes configuration records out of located texts by dotted key. What stays unused is an unknown
 * key.
 */
final class Binder {
  private static final Map<Class<?>, Function<String, Object>> READERS =
      Map.ofEntries(
          Map.entry(Duration.class, Durations::parse),
          Map.entry(ByteSize.class, ByteSize::parse),
          Map.entry(Count.class, Count::parse),
          Map.entry(Portion.class, Portion::parse),
          Map.entry(HostPort.class, HostPort::parse),
          Map.entry(Path.class, Path::of),
          Map.entry(Secret.class, Secret::new),
          Map.entry(String.class, text -> text),
          Map.entry(boolean.class, Binder::bool),
          Map.entry(int.class, text -> (int) number(text, Integer.MAX_VALUE)),
          Map.entry(long.class, text -> number(text, Long.MAX_VALUE)),
          Map.entry(double.class, Binder::real));

  private final Map<String, Located> values;
  private final boolean shows;
  private final TreeMap<String, String> used = new TreeMap<>();

  /** Everything that is wrong, so that one run tells all of it. */
  private final Set<String> errors = new LinkedHashSet<>();

  /** A text and where it stands, for messages: {@code trilith.yaml:12} or {@code --set}. */
  record Located(String text, String where) {}

  Binder(Map<String, Located> values) {
    this(values, true);
  }

  /**
   * As above.
   *
   * @param shows whether a text that stands where a list of records belongs may be shown: in a file
   *     of credentials it may be one
   */
  Binder(Map<String, Located> values, boolean shows) {
    this.values = values;
    this.shows = shows;
  }

  /** A record of the type with all its nested records. Throws ConfigException. */
  <T> T bind(Class<T> type) {
    return bind(type, _ -> List.of());
  }

  /**
   * As above.
   *
   * @param checks says what is wrong with the whole; a value that could not be read has its default
   *     there
   */
  <T> T bind(Class<T> type, Function<T, List<String>> checks) {
    T bound = record(type, "");
    for (Map.Entry<String, Located> value : values.entrySet()) {
      if (!used.containsKey(value.getKey())) {
        errors.add(
            value.getValue().where
                + ": unknown key '"
                + value.getKey()
                + "'; did you mean '"
                + nearest(value.getKey())
                + "'?");
      }
    }
    errors.addAll(checks.apply(bound));
    if (!errors.isEmpty()) {
      throw new ConfigException(String.join("\n", errors));
    }
    return bound;
  }

  /** A record of the type with nothing set. */
  static <T> T defaults(Class<T> type) {
    return new Binder(Map.of()).bind(type);
  }

  private <T> T record(Class<T> type, String prefix) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      String key = prefix + keyOf(components[i]);
      Class<?> element = elementOf(components[i]);
      if (element != null) {
        arguments[i] = records(element, key);
      } else if (isSection(types[i])) {
        arguments[i] = record(types[i], key + ".");
      } else {
        arguments[i] = value(components[i], key);
      }
    }
    try {
      Constructor<T> constructor = type.getDeclaredConstructor(types);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return instead(type, prefix, String.valueOf(cause.getMessage()));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type + " is not a configuration record", e);
    }
  }

  /** The section with nothing set, after one that contradicts itself was noted. */
  private <T> T instead(Class<T> type, String prefix, String reason) {
    String section = prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1);
    String where =
        values.entrySet().stream()
            .filter(one -> one.getKey().startsWith(prefix))
            .map(one -> one.getValue().where + ": ")
            .findFirst()
            .orElse("");
    errors.add(where + section + ": " + reason);
    if (values.isEmpty()) {
      // The defaults themselves: this record has keys that must be given.
      throw new ConfigException(String.join("\n", errors));
    }
    try {
      return defaults(type);
    } catch (ConfigException e) {
      // A record of a list, with a key that must be given: nothing can stand in for it.
      throw new ConfigException(String.join("\n", errors), e);
    }
  }

  /** Whether keys of their own stand below a key of this type. */
  static boolean isSection(Class<?> type) {
    return type.isRecord() && !READERS.containsKey(type);
  }

  /** The type of a list's records, null for what is not a list of records. */
  static @Nullable Class<?> elementOf(RecordComponent component) {
    return component.getGenericType() instanceof ParameterizedType list
            && list.getRawType() == List.class
            && list.getActualTypeArguments()[0] instanceof Class<?> element
            && element.isRecord()
        ? element
        : null;
  }

  /** The records {@code key[0]}, {@code key[1]} and so on. */
  private List<Object> records(Class<?> element, String key) {
    used.put(key, key);
    Located given = values.get(key);
    if (given != null && !given.text.isBlank()) {
      String shown = shows ? "'" + given.text + "' " : "";
      errors.add(given.where + ": " + key + ": " + shown + "is not a list of records");
    }
    List<Object> records = new ArrayList<>();
    while (true) {
      String prefix = key + "[" + records.size() + "].";
      if (values.keySet().stream().noneMatch(one -> one.startsWith(prefix))) {
        return records;
      }
      records.add(record(element, prefix));
    }
  }

  private Object value(RecordComponent component, String key) {
    used.put(key, key);
    Key annotation = annotation(component);
    Located given = values.get(key);
    if (component.getType() == Secret.class) {
      used.put(key + "-file", key);
      Located file = values.get(key + "-file");
      if (file != null) {
        given = new Located(SecretFile.read(key, file), file.where);
      }
    }
    String text = given == null ? annotation.value() : given.text;
    try {
      Object value = read(component, text);
      if (ByteSize.AUTO.equals(value) && !annotation.value().equals("auto")) {
        throw new IllegalArgumentException("is not a size such as 64MiB or 10kB");
      }
      return value;
    } catch (IllegalArgumentException e) {
      String where = given == null ? "default" : given.where;
      String error = where + ": " + key + ": '" + text + "' " + e.getMessage();
      if (given == null || annotation.value().equals(text)) {
        errors.add(error);
        throw new ConfigException(String.join("\n", errors), e);
      }
      errors.add(error);
      return defaultOf(component, annotation);
    }
  }

  private Object defaultOf(RecordComponent component, Key annotation) {
    try {
      return read(component, annotation.value());
    } catch (IllegalArgumentException e) {
      // A key that must be given: nothing can stand in for it.
      throw new ConfigException(String.join("\n", errors), e);
    }
  }

  static Object read(RecordComponent component, String text) {
    Class<?> type = component.getType();
    if (type == List.class) {
      return text.isBlank()
          ? List.of()
          : Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    }
    if (type.isEnum()) {
      return constant(type, text);
    }
    Function<String, Object> reader = READERS.get(type);
    if (reader == null) {
      throw new IllegalStateException("no reader for " + type + " of " + component.getName());
    }
    return reader.apply(text.strip());
  }

  private static Object constant(Class<?> type, String text) {
    List<String> names = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      String name = spelling((Enum<?>) constant);
      if (name.equals(text.strip())) {
        return constant;
      }
      names.add(name);
    }
    throw new IllegalArgumentException("is not one of " + String.join(", ", names));
  }

  /** How a constant is written: by its own text, or else by its name in kebab-case. */
  static String spelling(Enum<?> constant) {
    String text = constant.toString();
    return text.equals(constant.name()) ? text.toLowerCase(Locale.ROOT).replace('_', '-') : text;
  }

  private static Object bool(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("is neither true nor false");
    };
  }

  private static long number(String text, long max) {
    try {
      boolean digits = text.chars().allMatch(c -> c >= '0' && c <= '9');
      long number = Long.parseLong(digits || text.startsWith("-") ? text : "");
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is not a whole number", e);
    }
    throw new IllegalArgumentException("is not between 0 and " + max);
  }

  private static Object real(String text) {
    boolean plain = text.chars().allMatch(c -> "0123456789.eE+-".indexOf(c) >= 0);
    try {
      return Double.parseDouble(plain ? text : "");
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("is not a number", e);
    }
  }

  static Key annotation(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(component + " has no @Key");
    }
    return key;
  }

  /** The key of a component: its given name, or its own in kebab-case. */
  static String keyOf(RecordComponent component) {
    String given = annotation(component).name();
    if (!given.isEmpty()) {
      return given;
    }
    StringBuilder key = new StringBuilder();
    for (char c : component.getName().toCharArray()) {
      if (c >= 'A' && c <= 'Z') {
        key.append('-').append((char) (c + ('a' - 'A')));
      } else {
        key.append(c);
      }
    }
    return key.toString();
  }

  private String nearest(String unknown) {
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String known : used.keySet()) {
      int distance = distance(unknown, known);
      if (distance < least) {
        least = distance;
        best = known;
      }
    }
    return best;
  }

  /** Levenshtein's distance, two rows at a time. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  /** Reads a secret from the file that its key names. */
  private static final class SecretFile {
    static String read(String key, @Nullable Located file) {
      if (file == null) {
        return "";
      }
      try {
        return Files.readString(Path.of(file.text)).strip();
      } catch (IOException e) {
        throw new ConfigException(
            file.where + ": " + key + "-file: cannot read '" + file.text + "': " + e.getMessage(),
            e);
      }
    }
  }
}
