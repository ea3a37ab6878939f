package io.trilith.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Reads the configuration: defaults, then the file, then {@code --set key=value}. In the file
 * {@code ${NAME}} stands for an environment variable and {@code ${NAME:text}} for one with a
 * default.
 */
public final class ConfigReader {
  private final Map<String, String> environment;

  /** Whether texts stay as they are, and names may have underscores for dashes. */
  private final boolean verbatim;

  public ConfigReader(Map<String, String> environment) {
    this(environment, false);
  }

  private ConfigReader(Map<String, String> environment, boolean verbatim) {
    this.environment = environment;
    this.verbatim = verbatim;
  }

  /**
   * A record of a file of its own, in which {@code $} means nothing to us and whose names may come
   * from programs that write underscores. Throws ConfigException.
   */
  static <T> T verbatim(Class<T> type, Path file) {
    Map<String, Binder.Located> values = new LinkedHashMap<>();
    new ConfigReader(Map.of(), true).readFile(file, values);
    return new Binder(values).bind(type);
  }

  /** Every text of a file by the names above it, which may have dots. Throws ConfigException. */
  static Map<List<String>, Binder.Located> paths(Path file) {
    Map<List<String>, Binder.Located> paths = new LinkedHashMap<>();
    compose(file).ifPresent(root -> paths(root, List.of(), file, paths));
    return paths;
  }

  private static void paths(
      Node node, List<String> above, Path file, Map<List<String>, Binder.Located> paths) {
    String where = file + ":" + (node.getStartMark().map(Mark::getLine).orElse(0) + 1);
    if (node instanceof MappingNode mapping && !mapping.getValue().isEmpty()) {
      for (NodeTuple entry : mapping.getValue()) {
        List<String> path = new ArrayList<>(above);
        path.add(scalar(entry.getKeyNode(), where));
        paths(entry.getValueNode(), path, file, paths);
      }
    } else if (!above.isEmpty()) {
      String text = node instanceof MappingNode ? "" : scalar(node, where);
      if (paths.put(above, new Binder.Located(text, where)) != null) {
        throw new ConfigException(where + ": " + String.join(".", above) + " is set twice");
      }
    } else {
      throw new ConfigException(where + ": a section was expected");
    }
  }

  /** Lists of texts by name. Throws ConfigException. */
  static Map<String, List<String>> lists(Path file) {
    Map<String, List<String>> lists = new LinkedHashMap<>();
    Node root = compose(file).orElse(null);
    if (root == null) {
      return lists;
    }
    if (!(root instanceof MappingNode mapping)) {
      throw new ConfigException(file + ": a list by name was expected, such as 'email: [...]'");
    }
    for (NodeTuple entry : mapping.getValue()) {
      String where =
          file + ":" + (entry.getKeyNode().getStartMark().map(Mark::getLine).orElse(0) + 1);
      if (!(entry.getValueNode() instanceof SequenceNode sequence)) {
        throw new ConfigException(where + ": a list was expected");
      }
      List<String> texts = sequence.getValue().stream().map(one -> scalar(one, where)).toList();
      if (lists.put(scalar(entry.getKeyNode(), where), texts) != null) {
        throw new ConfigException(where + ": is there twice");
      }
    }
    return lists;
  }

  /**
   * The whole configuration.
   *
   * @param file null for defaults
   * @param sets texts of the form {@code a.b=c}
   * @throws ConfigException naming line, key, value and the way out
   */
  public TrilithConfig read(@Nullable Path file, List<String> sets) {
    return read(file, sets, _ -> List.of());
  }

  /**
   * As above, with checks that others add, so that one run tells everything that is wrong.
   *
   * @param more what else is wrong with a configuration of which every key is filled in
   */
  public TrilithConfig read(
      @Nullable Path file, List<String> sets, Function<TrilithConfig, List<String>> more) {
    long heap = Runtime.getRuntime().maxMemory();
    TrilithConfig config =
        new Binder(values(file, sets)).bind(TrilithConfig.class, one -> errors(one, heap, more));
    return MemoryPlan.of(config, heap).fill(config);
  }

  private static List<String> errors(
      TrilithConfig config, long heap, Function<TrilithConfig, List<String>> more) {
    TrilithConfig filled;
    List<String> errors = new ArrayList<>();
    try {
      filled = MemoryPlan.of(config, heap).fill(config);
    } catch (ConfigException e) {
      errors.add(String.valueOf(e.getMessage()));
      filled = config;
    }
    if (errors.isEmpty()) {
      errors.addAll(ConfigChecks.errors(config, filled));
    }
    errors.addAll(more.apply(filled));
    return errors;
  }

  /**
   * Where each key that is set was set: {@code trilith.yaml:12} or {@code --set a.b=c}.
   *
   * @param file null for none
   */
  public SortedMap<String, String> origins(@Nullable Path file, List<String> sets) {
    SortedMap<String, String> origins = new TreeMap<>();
    values(file, sets).forEach((key, value) -> origins.put(key, value.where()));
    return origins;
  }

  <T> T read(Class<T> type, @Nullable Path file, List<String> sets) {
    return new Binder(values(file, sets)).bind(type);
  }

  /** A record of a file of its own, with what is wrong of it as a whole. */
  <T> T read(Class<T> type, Path file, Function<T, List<String>> checks) {
    return new Binder(values(file, List.of()), false).bind(type, checks);
  }

  private Map<String, Binder.Located> values(@Nullable Path file, List<String> sets) {
    Map<String, Binder.Located> values = new LinkedHashMap<>();
    if (file != null) {
      readFile(file, values);
    }
    for (String set : sets) {
      int equals = set.indexOf('=');
      if (equals <= 0) {
        throw new ConfigException("--set " + set + ": is not KEY=VALUE");
      }
      values.put(
          set.substring(0, equals), new Binder.Located(set.substring(equals + 1), "--set " + set));
    }
    return values;
  }

  private void readFile(Path file, Map<String, Binder.Located> values) {
    compose(file).ifPresent(root -> collect(root, "", file, values));
  }

  private static Optional<Node> compose(Path file) {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
      return new Compose(settings).composeString(Files.readString(file));
    } catch (MarkedYamlEngineException e) {
      String where =
          e.getProblemMark().map(mark -> file + ":" + (mark.getLine() + 1)).orElse("" + file);
      throw new ConfigException(where + ": is not YAML: " + e.getProblem(), e);
    } catch (YamlEngineException e) {
      throw new ConfigException(file + ": is not YAML: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void collect(Node node, String key, Path file, Map<String, Binder.Located> values) {
    String where = file + ":" + (node.getStartMark().map(Mark::getLine).orElse(0) + 1);
    switch (node) {
      case MappingNode mapping -> {
        for (NodeTuple entry : mapping.getValue()) {
          String written = scalar(entry.getKeyNode(), where);
          String name = verbatim ? written.replace('_', '-') : written;
          collect(entry.getValueNode(), key.isEmpty() ? name : key + "." + name, file, values);
        }
      }
      case SequenceNode sequence when isRecords(sequence) -> {
        for (int i = 0; i < sequence.getValue().size(); i++) {
          collect(sequence.getValue().get(i), key + "[" + i + "]", file, values);
        }
      }
      case SequenceNode sequence -> {
        List<String> parts = new ArrayList<>();
        sequence.getValue().forEach(part -> parts.add(expand(scalar(part, where), key, where)));
        put(key, String.join(",", parts), where, values);
      }
      case ScalarNode scalar -> {
        // A section whose keys are all commented out reads as an empty scalar: nothing is set.
        if (!scalar.getValue().isEmpty() || !scalar.isPlain()) {
          put(key, expand(scalar.getValue(), key, where), where, values);
        }
      }
      default ->
          throw new ConfigException(where + ": " + key + ": is neither a value nor a section");
    }
  }

  private static boolean isRecords(SequenceNode sequence) {
    return !sequence.getValue().isEmpty()
        && sequence.getValue().stream().allMatch(MappingNode.class::isInstance);
  }

  private static void put(
      String key, String text, String where, Map<String, Binder.Located> values) {
    if (values.put(key, new Binder.Located(text, where)) != null) {
      throw new ConfigException(where + ": " + key + " is set twice");
    }
  }

  private static String scalar(Node node, String where) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw new ConfigException(where + ": a text was expected");
  }

  private String expand(String text, String key, String where) {
    if (verbatim) {
      return text;
    }
    StringBuilder expanded = new StringBuilder();
    int at = 0;
    for (int open = text.indexOf("${"); open >= 0; open = text.indexOf("${", at)) {
      int close = text.indexOf('}', open);
      if (close < 0) {
        break;
      }
      String[] name = text.substring(open + 2, close).split(":", 2);
      String value = environment.get(name[0]);
      if (value == null && name.length < 2) {
        throw new ConfigException(
            where + ": " + key + ": the environment variable " + name[0] + " is not set");
      }
      expanded.append(text, at, open).append(value == null ? name[1] : value);
      at = close + 1;
    }
    return expanded.append(text, at, text.length()).toString();
  }
}
