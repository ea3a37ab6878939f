package io.trilith.server.node;

import io.trilith.compactor.DiskUse;
import io.trilith.config.ConfigException;
import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data directory, held by one process at a time. The lock goes with the process, however that
 * ends.
 */
final class DataDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);
  private static final String LOCK = "lock";

  private final Path path;
  private final FileChannel file;

  /** What tells the lock and the directories from others of their names, as first seen. */
  private final Map<Path, Object> identities = new HashMap<>();

  private DataDirectory(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  static DataDirectory open(Path path) {
    try {
      closedToOthers(path);
      FileChannel file =
          FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(file) == null) {
        file.close();
        throw new ConfigException(
            "storage.data-dir: '"
                + path
                + "' is in use by another process; stop it or name another directory");
      }
      return new DataDirectory(path, file);
    } catch (IOException e) {
      throw new ConfigException(
          "storage.data-dir: '" + path + "' cannot be used: " + e.getMessage(), e);
    }
  }

  /**
   * Makes the directory, for its owner and group alone, so that whatever lies in it is, too. One
   * that is there already is left as it is.
   */
  private static void closedToOthers(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      if (Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_READ)) {
        log.warn(
            "storage.data-dir: '{}' can be read by every user of this machine; chmod 0750 closes it",
            path);
      }
      return;
    }
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.createDirectory(
        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-x---")));
  }

  private static @Nullable FileLock tryLock(FileChannel file) throws IOException {
    try {
      return file.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /**
   * Why nothing that is written here can be relied on any more; null while it can. Asked by one
   * thread at a time, the first time when everything is there.
   */
  @Nullable String refusal() {
    for (Path one : List.of(path.resolve(LOCK), log(), objects())) {
      String found = change(one);
      if (found != null) {
        return "storage.data-dir: '"
            + one
            + "' "
            + found
            + " while this server runs: it takes no writes any more. Bring it back and start again";
      }
    }
    return null;
  }

  private @Nullable String change(Path one) {
    try {
      Object now = Files.readAttributes(one, BasicFileAttributes.class).fileKey();
      Object before = now == null ? null : identities.putIfAbsent(one, now);
      return before == null || before.equals(now) ? null : "was replaced by another";
    } catch (NoSuchFileException e) {
      return identities.containsKey(one) ? "is gone" : null;
    } catch (IOException e) {
      return "cannot be read (" + e.getMessage() + ")";
    }
  }

  /** Notes where the server of this directory is. Verbs fall back on its configuration without. */
  void served(String url, String instance) {
    try {
      new ServedAt(url, instance).write(path);
    } catch (IOException e) {
      log.warn("cannot note in '{}' where this server listens: {}", path, e.getMessage());
    }
  }

  /** How full the disk is on which a directory lies. */
  static DiskUse.Use use(Path path) {
    try {
      FileStore disk = Files.getFileStore(path);
      return new DiskUse.Use(disk.getTotalSpace(), disk.getTotalSpace() - disk.getUsableSpace());
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot tell how full the disk is", e);
    }
  }

  Path log() {
    return path.resolve("log");
  }

  Path objects() {
    return path.resolve("objects");
  }

  Path cache() {
    return path.resolve("cache");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
