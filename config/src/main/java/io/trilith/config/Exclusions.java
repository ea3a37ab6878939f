package io.trilith.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Files of expressions by rule: {@code {rule: [expression, ...]}}. */
public final class Exclusions {
  private Exclusions() {}

  /** Reads a file. Throws ConfigException with its lines. */
  public static Map<String, List<String>> read(Path file) {
    return ConfigReader.lists(file);
  }
}
