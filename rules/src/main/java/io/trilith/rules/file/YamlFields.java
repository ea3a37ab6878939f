package io.trilith.rules.file;

import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Lengths;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The fields of a map in YAML, read strictly: a key that is not known or there twice is told, as is
 * a value of a wrong kind. Merge keys ({@code <<}) are resolved. Not thread-safe.
 */
public final class YamlFields {
  private static final String MERGE = "<<";
  private static final int MERGE_DEPTH_MAX = 20;

  /** A key and its value, where they stand. */
  private record Field(Node key, Node value) {}

  private final Node node;
  private final Problems problems;
  private final Map<String, Field> fields = new LinkedHashMap<>();

  private YamlFields(Node node, Problems problems) {
    this.node = node;
    this.problems = problems;
  }

  /** The first document of a text; null when it has none, or is no YAML, which is told. */
  public static @Nullable Node root(String text, Problems problems) {
    try {
      Iterator<Node> documents =
          new Compose(LoadSettings.builder().setAllowDuplicateKeys(true).build())
              .composeAllFromString(text)
              .iterator();
      Node first = documents.hasNext() ? documents.next() : null;
      if (first != null && documents.hasNext()) {
        problems.warn("has several YAML documents; only the first is read");
      }
      return first == null || isNull(first) ? null : first;
    } catch (MarkedYamlEngineException e) {
      problems.add(e.getProblemMark().orElse(null), "", "is not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      problems.add((Node) null, "", "is not YAML: " + e.getMessage());
    }
    return null;
  }

  /** The fields of a node that is to be a map; those that are not known are told. */
  public static YamlFields of(Node node, String what, Set<String> known, Problems problems) {
    YamlFields fields = new YamlFields(node, problems);
    if (node instanceof MappingNode mapping) {
      fields.collect(mapping, 0);
      for (Map.Entry<String, Field> field : fields.fields.entrySet()) {
        if (!known.isEmpty() && !known.contains(field.getKey()) && !problems.unknownAllowed()) {
          problems.add(
              field.getValue().key(),
              "",
              "field " + field.getKey() + " not found in " + what + "; it has " + sorted(known));
        }
      }
    } else {
      problems.add(node, "", "cannot be read as " + what + ": it is no map");
    }
    return fields;
  }

  private static String sorted(Set<String> names) {
    return String.join(", ", names.stream().sorted().toList());
  }

  private void collect(MappingNode mapping, int depth) {
    Map<String, Field> own = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Node keyNode = tuple.getKeyNode();
      if (!(keyNode instanceof ScalarNode scalar)) {
        problems.add(keyNode, "", "a key must be a text");
        continue;
      }
      if (scalar.getValue().equals(MERGE) && scalar.isPlain()) {
        merge(tuple.getValueNode(), depth);
      } else if (own.put(scalar.getValue(), new Field(keyNode, tuple.getValueNode())) != null) {
        problems.add(
            keyNode, "", "key \"" + scalar.getValue() + "\" already set in map: it is there twice");
      }
    }
    fields.putAll(own);
  }

  private void merge(Node from, int depth) {
    if (depth > MERGE_DEPTH_MAX) {
      problems.add(from, MERGE, "merges are nested deeper than " + MERGE_DEPTH_MAX);
      return;
    }
    switch (from) {
      case MappingNode mapping -> collect(mapping, depth + 1);
      case SequenceNode sequence -> {
        for (Node one : sequence.getValue().reversed()) {
          merge(one, depth + 1);
        }
      }
      default ->
          problems.add(from, MERGE, "map merge requires map or sequence of maps as the value");
    }
  }

  private static boolean isNull(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && Set.of("", "~", "null", "Null", "NULL").contains(scalar.getValue());
  }

  public Node node() {
    return node;
  }

  public Set<String> keys() {
    return fields.keySet();
  }

  /** The value of a key; null when it is not there, or is null. */
  public @Nullable Node get(String key) {
    Field field = fields.get(key);
    return field == null || isNull(field.value()) ? null : field.value();
  }

  /** Where a key stands, or the map when it does not. */
  public Node place(String key) {
    Field field = fields.get(key);
    return field == null ? node : field.key();
  }

  public boolean has(String key) {
    return get(key) != null;
  }

  /** A text; empty when it is not there. Numbers and flags are the texts they were written as. */
  public String text(String key) {
    Node value = get(key);
    return value == null ? "" : text(value, key);
  }

  private String text(Node value, String key) {
    if (value instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    problems.add(value, key, "must be a text");
    return "";
  }

  /** Milliseconds of a duration such as {@code 1h30m}. */
  public OptionalLong millis(String key) {
    Node value = get(key);
    if (value == null) {
      return OptionalLong.empty();
    }
    String text = text(value, key);
    try {
      return OptionalLong.of(Lengths.prometheusMillis(text));
    } catch (Lengths.Malformed e) {
      problems.add(
          value, key, "not a valid duration string: \"" + text + "\"; write 30s, 5m or 1h30m");
      return OptionalLong.empty();
    }
  }

  /** A whole number; 0 when it is not there. */
  public long whole(String key) {
    Node value = get(key);
    if (value == null) {
      return 0;
    }
    String text = text(value, key);
    OptionalLong number = GoNumber.whole(text);
    if (number.isEmpty()) {
      problems.add(value, key, "'" + text + "' is not a whole number");
    }
    return number.orElse(0);
  }

  public boolean flag(String key) {
    Node value = get(key);
    if (value == null) {
      return false;
    }
    String text = text(value, key);
    if (!text.equals("true") && !text.equals("false")) {
      problems.add(value, key, "'" + text + "' is neither true nor false");
    }
    return text.equals("true");
  }

  /** Texts by name, in order. */
  public Map<String, String> texts(String key) {
    Node value = get(key);
    Map<String, String> texts = new LinkedHashMap<>();
    if (value == null) {
      return texts;
    }
    YamlFields map = of(value, "a map of texts", Set.of(), problems);
    for (String name : map.keys()) {
      texts.put(name, map.text(name));
    }
    return texts;
  }

  /** The parts of a list. */
  public List<Node> list(String key) {
    Node value = get(key);
    if (value == null) {
      return List.of();
    }
    if (value instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    problems.add(value, key, "must be a list");
    return List.of();
  }

  /** A list of texts. */
  public List<String> textList(String key) {
    List<String> texts = new ArrayList<>();
    for (Node part : list(key)) {
      texts.add(text(part, key));
    }
    return texts;
  }
}
