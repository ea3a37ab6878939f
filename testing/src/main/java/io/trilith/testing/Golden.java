package io.trilith.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Files of every format version ever written, kept in {@code src/test/resources/golden}: they must
 * decode for ever. {@code -Dtrilith.regenerate=true} writes a file that is missing; an existing one
 * is never touched.
 */
public final class Golden {
  private Golden() {}

  /**
   * The bytes of a golden file.
   *
   * @param module folder of the module
   * @param current what the code writes today, used once, when the file is new
   */
  public static byte[] bytes(String module, String name, byte[] current) {
    Path file =
        Path.of(
            System.getProperty("trilith.root", ".."), module, "src/test/resources/golden", name);
    try {
      if (!Files.exists(file) && Boolean.getBoolean("trilith.regenerate")) {
        Files.createDirectories(file.getParent());
        Files.write(file, current);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
