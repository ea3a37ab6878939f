package io.trilith.rules.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Finds files by names with {@code *}, {@code ?} and {@code […]} in any of their parts. */
public final class FileGlobs {
  private FileGlobs() {}

  /** What a pattern finds, sorted; what has no wildcard is there even if no file is. */
  public static List<Path> find(String pattern) throws IOException {
    Path path = Path.of(pattern);
    if (!isWild(pattern)) {
      return List.of(path);
    }
    SortedSet<Path> found = new TreeSet<>();
    List<String> parts = new ArrayList<>();
    path.forEach(part -> parts.add(part.toString()));
    Path root = path.getRoot();
    find(root == null ? Path.of("") : root, parts, found);
    return List.copyOf(found);
  }

  private static boolean isWild(String text) {
    return text.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
  }

  private static void find(Path directory, List<String> parts, SortedSet<Path> found)
      throws IOException {
    String part = parts.getFirst();
    List<String> rest = parts.subList(1, parts.size());
    List<Path> here = new ArrayList<>();
    if (!isWild(part)) {
      here.add(directory.resolve(part));
    } else if (Files.isDirectory(directory.toString().isEmpty() ? Path.of(".") : directory)) {
      Path open = directory.toString().isEmpty() ? Path.of(".") : directory;
      String glob = part.replace("{", "\\{").replace("}", "\\}");
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(open, glob)) {
        stream.forEach(one -> here.add(directory.resolve(one.getFileName())));
      }
    }
    for (Path one : here) {
      if (!Files.exists(one)) {
        continue;
      }
      if (rest.isEmpty()) {
        found.add(one);
      } else if (Files.isDirectory(one)) {
        find(one, rest, found);
      }
    }
  }
}
