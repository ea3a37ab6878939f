package io.trilith.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The folder of conformance cases that stands beside a checkout. */
public final class Shared {
  private Shared() {}

  /** The path below {@code ../shared}; the test is skipped with one line where it is not there. */
  public static Path path(String below) {
    Path root = Path.of(System.getProperty("trilith.root", "."));
    Path path = root.toAbsolutePath().normalize().resolveSibling("shared").resolve(below);
    Assumptions.assumeTrue(Files.exists(path), () -> path + " is not there: skipped");
    return path;
  }
}
