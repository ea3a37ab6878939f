package io.trilith.config;

import java.lang.reflect.RecordComponent;

/** Writes the documented reference configuration: every key with its default. */
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
      for (RecordComponent key : section.getType().getRecordComponents()) {
        Key annotation = Binder.annotation(key);
        comment(annotation.doc(), "  ", text);
        String value = annotation.value();
        boolean quoted = value.isEmpty() || ":[{*&!%@`#".indexOf(value.charAt(0)) >= 0;
        text.append("  ").append(Binder.keyOf(key)).append(": ");
        text.append(quoted ? '"' + value + '"' : value).append('\n');
      }
    }
    return text.toString();
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
