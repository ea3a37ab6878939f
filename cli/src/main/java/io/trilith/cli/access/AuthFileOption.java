package io.trilith.cli.access;

import io.trilith.config.AuthFile;
import io.trilith.config.AuthFileText;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The credentials' file that a verb reads or changes. A running server sees changes by itself. */
final class AuthFileOption {
  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "The file that auth.file names; or TRILITH_AUTH_FILE.")
  private @Nullable Path file;

  /** The file; null when none is named. */
  @Nullable Path find() {
    String named = System.getenv("TRILITH_AUTH_FILE");
    return file == null && named != null && !named.isBlank() ? Path.of(named) : file;
  }

  /** The file; throws IllegalArgumentException when none is named. */
  Path path() {
    Path found = find();
    if (found == null) {
      throw new IllegalArgumentException("name the credentials' file by --file");
    }
    return found;
  }

  AuthFile read() {
    return AuthFile.read(path());
  }

  /** Adds a record, when a file is named. Says whether. */
  boolean add(String section, String record) {
    Path found = find();
    if (found == null) {
      return false;
    }
    AuthFileText text = AuthFileText.read(found);
    text.add(section, record);
    text.write();
    return true;
  }

  /** Removes a record; false when there is none of the name. */
  boolean remove(String section, String name) {
    AuthFileText text = AuthFileText.read(path());
    boolean removed = text.remove(section, name);
    if (removed) {
      text.write();
    }
    return removed;
  }
}
