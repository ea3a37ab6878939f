package io.trilith.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The text of a credentials' file, changed record by record: comments and order stay. Written whole
 * beside the file and renamed over it, so that a server never reads a half; the owner alone may
 * read it.
 */
public final class AuthFileText {
  private final Path file;
  private final List<String> lines;

  private AuthFileText(Path file, List<String> lines) {
    this.file = file;
    this.lines = new ArrayList<>(lines);
  }

  /** Reads it; a file that is not there is empty. Throws ConfigException when it is wrong. */
  public static AuthFileText read(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      AuthFile _ = AuthFile.read(file);
      return new AuthFileText(file, lines);
    } catch (NoSuchFileException e) {
      return new AuthFileText(file, List.of());
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Adds a record.
   *
   * @param section tokens or users
   * @param record as one line of YAML without dash
   */
  public void add(String section, String record) {
    Section found = section(section);
    if (found == null) {
      if (lines.size() == 1 && lines.getFirst().strip().equals("{}")) {
        lines.clear();
      }
      lines.add(section + ":");
      lines.add("  - " + record);
    } else if (found.records().isEmpty()) {
      lines.set(found.line(), section + ":");
      lines.add(found.line() + 1, "  - " + record);
    } else {
      String first = lines.get(found.records().getFirst().line());
      int dash = first.indexOf('-');
      if (dash < 0 || !first.substring(0, dash).isBlank()) {
        throw byHand(section);
      }
      lines.add(found.records().getFirst().line(), first.substring(0, dash) + "- " + record);
    }
  }

  /** Removes a record by its name; false when there is none. */
  public boolean remove(String section, String name) {
    Section found = section(section);
    if (found == null) {
      return false;
    }
    for (int i = 0; i < found.records().size(); i++) {
      Item item = found.records().get(i);
      if (!item.name().equals(name)) {
        continue;
      }
      String first = lines.get(item.line()).strip();
      boolean shared =
          i + 1 < found.records().size() && found.records().get(i + 1).line() == item.line();
      if (!first.startsWith("-") || shared) {
        throw byHand(section);
      }
      lines.subList(item.line(), item.end()).clear();
      return true;
    }
    return false;
  }

  private ConfigException byHand(String section) {
    return new ConfigException(
        file + ": " + section + " is not written as one record a line or more; edit it by hand");
  }

  /** A record: its first line, and the one after its last. */
  private record Item(String name, int line, int end) {}

  private record Section(int line, List<Item> records) {}

  private @Nullable Section section(String name) {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
      Optional<Node> root = new Compose(settings).composeString(String.join("\n", lines) + "\n");
      if (root.isPresent() && root.get() instanceof MappingNode sections) {
        for (NodeTuple one : sections.getValue()) {
          if (one.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
            return new Section(line(key), records(one.getValueNode()));
          }
        }
      }
      return null;
    } catch (YamlEngineException e) {
      throw new ConfigException(file + ": is not YAML", e);
    }
  }

  private static List<Item> records(Node node) {
    List<Item> records = new ArrayList<>();
    if (node instanceof SequenceNode list) {
      for (Node one : list.getValue()) {
        String name = "";
        int last = line(one);
        if (one instanceof MappingNode fields) {
          for (NodeTuple field : fields.getValue()) {
            last = Math.max(last, endLine(field.getValueNode()));
            if (field.getKeyNode() instanceof ScalarNode key
                && key.getValue().equals("name")
                && field.getValueNode() instanceof ScalarNode value) {
              name = value.getValue();
            }
          }
        }
        records.add(new Item(name, line(one), last + 1));
      }
    }
    return records;
  }

  private static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0);
  }

  /** A list in block style ends where the next thing begins. */
  private static int endLine(Node node) {
    if (node instanceof SequenceNode list && !list.getValue().isEmpty()) {
      return endLine(list.getValue().getLast());
    }
    return node.getEndMark().map(Mark::getLine).orElse(line(node));
  }

  /** Writes it, after reading back that it is right. */
  public void write() {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(beside);
      var mode = PosixFilePermissions.fromString("rw-------");
      Files.newByteChannel(
              beside,
              Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(mode))
          .close();
      Files.write(beside, lines);
      AuthFile _ = AuthFile.read(beside);
      if (Files.exists(file)) {
        Files.setPosixFilePermissions(beside, Files.getPosixFilePermissions(file));
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new ConfigException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  /** A text as YAML's double quotes have it. */
  public static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ' || c == 0x7f) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** A list of texts in one line. */
  public static String list(String separated) {
    List<String> quoted =
        Arrays.stream(separated.split(",", -1))
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .map(AuthFileText::quoted)
            .toList();
    return "[" + String.join(", ", quoted) + "]";
  }
}
