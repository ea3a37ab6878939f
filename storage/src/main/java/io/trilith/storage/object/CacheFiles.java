package io.trilith.storage.object;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a cache below one directory, within a budget. A file that cannot be written or read
 * is as good as none. Thread-safe.
 */
final class CacheFiles {
  private static final Logger log = LoggerFactory.getLogger(CacheFiles.class);
  private static final String TEMPORARY = ".tmp";

  private final Path root;
  private final DiskBudget budget;
  private final DirectoryObjectStore objects;
  private final AtomicLong temporaries = new AtomicLong();

  private record Found(String file, long size, long modified) {}

  /** Takes over what an earlier process left, but for what it had staged. */
  CacheFiles(Path root, long limit, String dropped) {
    this.root = root;
    this.budget = new DiskBudget(limit);
    this.objects = new DirectoryObjectStore(root);
    List<Found> found = new ArrayList<>();
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes about)
                throws IOException {
              String name = root.relativize(file).toString();
              if (name.startsWith(dropped)) {
                Files.delete(file);
              } else if (!name.startsWith(TEMPORARY)) {
                found.add(new Found(name, about.size(), about.lastModifiedTime().toMillis()));
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot open cache directory " + root, e);
    }
    found.sort(Comparator.comparingLong(Found::modified));
    found.forEach(one -> added(one.file(), one.size()));
  }

  /** The files as objects: for those that are written in pieces, or read in pieces. */
  DirectoryObjectStore objects() {
    return objects;
  }

  boolean has(String file) {
    return budget.use(file);
  }

  long bytes() {
    return budget.bytes();
  }

  Map<String, Long> files() {
    return budget.files();
  }

  /** Counts a file that is there; others may have to go for it. */
  void added(String file, long size) {
    budget.add(file, size).forEach(this::deleteFile);
  }

  void delete(String file) {
    budget.remove(file);
    deleteFile(file);
  }

  private void deleteFile(String file) {
    try {
      objects.delete(file);
    } catch (StorageException e) {
      log.warn("cannot delete a cached file: {}", e.getMessage());
    }
  }

  /** Moves a file that is not counted to a name that is. */
  void adopt(String from, String to, long size) {
    try {
      Path target = root.resolve(to);
      Files.createDirectories(target.getParent());
      Files.move(root.resolve(from), target, StandardCopyOption.ATOMIC_MOVE);
      added(to, size);
    } catch (IOException e) {
      log.warn("cannot keep {} in the cache: {}", to, e.toString());
      deleteFile(from);
    }
  }

  /** Writes a file when that can be done. Not synced: what it holds has checksums of its own. */
  void write(String file, byte[] content) {
    Path temporary = root.resolve(TEMPORARY).resolve("page-" + temporaries.incrementAndGet());
    try {
      Files.write(temporary, content);
      Path target = root.resolve(file);
      Files.createDirectories(target.getParent());
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      added(file, content.length);
    } catch (IOException e) {
      log.warn("cannot write a page to the cache: {}", e.toString());
    }
  }

  /** A whole file of a known size; null when there is none such. */
  byte @Nullable [] read(String file, int size) {
    if (!budget.use(file)) {
      return null;
    }
    try {
      byte[] bytes = Files.readAllBytes(root.resolve(file));
      if (bytes.length == size) {
        return bytes;
      }
    } catch (NoSuchFileException e) {
      log.debug("{} was evicted meanwhile", file);
    } catch (IOException e) {
      log.warn("cannot read a page of the cache: {}", e.toString());
    }
    delete(file);
    return null;
  }
}
