package io.trilith.server.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a server notes in its data directory of where it listens, so that a verb that is given the
 * directory asks that server and no other. It counts while the directory is owned.
 *
 * @param url for clients on the same machine
 * @param instance what the server calls itself, made anew at each start
 */
public record ServedAt(String url, String instance) {
  private static final String FILE = "server";

  /** What the owner of a directory noted; empty when it noted nothing. */
  public static Optional<ServedAt> read(Path directory) {
    try {
      List<String> lines = Files.readAllLines(directory.resolve(FILE));
      return lines.size() < 2
          ? Optional.empty()
          : Optional.of(new ServedAt(lines.getFirst(), lines.get(1)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Notes it. */
  public void write(Path directory) throws IOException {
    Files.writeString(directory.resolve(FILE), url + "\n" + instance + "\n");
  }
}
