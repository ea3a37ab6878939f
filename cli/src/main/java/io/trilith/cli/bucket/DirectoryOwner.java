package io.trilith.cli.bucket;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The lock by which one process owns a data directory, as {@code serve} takes it. The lock goes
 * with the process.
 */
final class DirectoryOwner implements AutoCloseable {
  private final FileChannel file;

  private DirectoryOwner(FileChannel file) {
    this.file = file;
  }

  /** Whether another process owns the directory now. Creates nothing. */
  static boolean isOwned(Path directory) {
    if (!Files.exists(directory.resolve("lock"))) {
      return false;
    }
    try (DirectoryOwner taken = take(directory)) {
      return taken == null;
    } catch (VerbException e) {
      // Not ours to write to, as on a read-only disk: no server can own it either.
      return false;
    }
  }

  /** Takes the lock; null when another process has it. */
  static @Nullable DirectoryOwner take(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel file =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (lock(file) == null) {
        file.close();
        return null;
      }
      return new DirectoryOwner(file);
    } catch (IOException e) {
      throw new VerbException(
          "storage.data-dir: '" + directory + "' cannot be locked: " + e.getMessage(), e);
    }
  }

  private static @Nullable FileLock lock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new VerbException("cannot release the data directory: " + e.getMessage(), e);
    }
  }
}
