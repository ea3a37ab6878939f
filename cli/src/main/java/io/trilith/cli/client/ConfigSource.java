package io.trilith.cli.client;

import io.trilith.config.ConfigReader;
import io.trilith.config.TrilithConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a configuration comes from, shared by all verbs that need one. */
public final class ConfigSource {
  @Option(names = "--config", paramLabel = "FILE", description = "Configuration file (YAML).")
  private @Nullable Path file;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Short for --set storage.data-dir=DIR.")
  private @Nullable String dataDir;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key, over the file. Repeatable.")
  private List<String> sets = new ArrayList<>();

  /** Whether the user says anything. */
  public boolean isGiven() {
    return file != null || dataDir != null || !sets.isEmpty();
  }

  /** Whether the user names a data directory by an option. */
  public boolean namesDirectory() {
    return dataDir != null || sets.stream().anyMatch(set -> set.startsWith("storage.data-dir="));
  }

  /** Uses a directory, whatever the user says. */
  public void directory(Path directory) {
    dataDir = directory.toString();
  }

  /** Sets a key unless the user does. */
  public void preset(String key, String value) {
    if (sets.stream().noneMatch(set -> set.startsWith(key + "="))) {
      sets.add(key + "=" + value);
    }
  }

  /**
   * Reads it.
   *
   * @param shorts KEY=VALUE of options that are short for a key
   */
  public TrilithConfig read(List<String> shorts) {
    return read(shorts, _ -> List.of());
  }

  /**
   * As above.
   *
   * @param more what else is wrong with it, told in one run with the rest
   */
  public TrilithConfig read(List<String> shorts, Function<TrilithConfig, List<String>> more) {
    List<String> all = new ArrayList<>();
    if (dataDir != null) {
      all.add("storage.data-dir=" + dataDir);
    }
    all.addAll(shorts);
    all.addAll(sets);
    return new ConfigReader(System.getenv()).read(file, all, more);
  }
}
