package io.trilith.config;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes configurations: the documented reference with every default, and what is in force. */
public final class ConfigReference {
  private static final int WIDTH = 110;

  private ConfigReference() {}

  /** The text of {@code config/trilith.yaml}. */
  public static String text() {
    StringBuilder text =
        new StringBuilder(
            """
            # Trilith: every key with its default. Made from the code by ConfigReference; a test keeps it so.
            # Durations: 30s, 1h30m, 15d; 0 where it says so. Sizes: 64MiB, 10kB. ${NAME} and ${NAME:default} take
            # environment variables. On the command line: --set section.key=value.
            """);
    for (RecordComponent section : TrilithConfig.class.getRecordComponents()) {
      text.append('\n');
      comment(Binder.annotation(section).doc(), "", text);
      text.append(Binder.keyOf(section)).append(":\n");
      keys(section.getType(), "  ", text);
    }
    return text.toString();
  }

  private static void keys(Class<?> section, String indent, StringBuilder text) {
    for (RecordComponent key : section.getRecordComponents()) {
      Key annotation = Binder.annotation(key);
      comment(annotation.doc(), indent, text);
      text.append(indent).append(Binder.keyOf(key)).append(':');
      if (Binder.isSection(key.getType())) {
        text.append('\n');
        keys(key.getType(), indent + "  ", text);
        continue;
      }
      String value = annotation.value();
      boolean quoted = value.isEmpty() || ":[{*&!%@`#".indexOf(value.charAt(0)) >= 0;
      text.append(' ').append(quoted ? '"' + value + '"' : value).append('\n');
    }
  }

  /** The settings of a configuration by dotted key; secrets are hidden. */
  public static SortedMap<String, String> settings(TrilithConfig config) {
    TreeMap<String, String> settings = new TreeMap<>();
    collect("", config, settings);
    return settings;
  }

  /** The settings of one section by key. */
  public static SortedMap<String, String> settings(Record section) {
    TreeMap<String, String> settings = new TreeMap<>();
    collect("", section, settings);
    return settings;
  }

  private static void collect(String prefix, Object section, TreeMap<String, String> settings) {
    for (RecordComponent key : section.getClass().getRecordComponents()) {
      String name = prefix + Binder.keyOf(key);
      Object value = valueOf(key, section);
      if (Binder.isSection(key.getType())) {
        collect(name + ".", value, settings);
      } else {
        settings.put(name, text(value));
      }
    }
  }

  private static Object valueOf(RecordComponent component, Object record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }

  private static String text(Object value) {
    return switch (value) {
      case Duration duration -> Durations.format(duration);
      case Enum<?> constant -> Binder.spelling(constant);
      case List<?> list -> String.join(",", list.stream().map(Object::toString).toList());
      default -> value.toString();
    };
  }

  private static void comment(String doc, String indent, StringBuilder text) {
    StringBuilder line = new StringBuilder(indent).append('#');
    for (String word : doc.split(" ", -1)) {
      if (line.length() + word.length() >= WIDTH) {
        text.append(line).append('\n');
        line = new StringBuilder(indent).append('#');
      }
      line.append(' ').append(word);
    }
    text.append(line).append('\n');
  }
}
