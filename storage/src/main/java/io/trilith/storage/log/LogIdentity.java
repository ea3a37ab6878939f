package io.trilith.storage.log;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Which log lies in a directory: an id in the file {@code id} beside the segments. Offsets of
 * different logs cannot be compared. Not thread-safe.
 */
public final class LogIdentity {
  private static final String ID = "id";
  private static final String NEXT = "next-id";

  private final Path directory;
  private String id;

  private LogIdentity(Path directory, String id) {
    this.directory = directory;
    this.id = id;
  }

  /** The id of a log, given to it now when it has none. */
  public static LogIdentity open(Path directory, Supplier<String> fresh) {
    try {
      Files.createDirectories(directory);
      Optional<String> known = read(directory.resolve(ID));
      if (known.isEmpty()) {
        known = Optional.of(fresh.get());
        write(directory, ID, known.get());
      }
      return new LogIdentity(directory, known.get());
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read the id of the log in " + directory, e);
    }
  }

  public String id() {
    return id;
  }

  /** The id that it was to have next, when something happened before it had. */
  public Optional<String> next() {
    return read(directory.resolve(NEXT));
  }

  /** Makes the next id known durably, or finds it. */
  public String prepare(Supplier<String> fresh) {
    Optional<String> known = next();
    if (known.isPresent()) {
      return known.get();
    }
    String made = fresh.get();
    try {
      write(directory, NEXT, made);
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot write into " + directory, e);
    }
    return made;
  }

  /**
   * Drops all segments, whose content is elsewhere now, and goes on as the next log. Goes on where
   * it was interrupted.
   */
  public void become(String next) {
    try {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.filter(LogIdentity::isSegment).toList()) {
          Files.delete(file);
        }
      }
      write(directory, ID, next);
      Files.deleteIfExists(directory.resolve(NEXT));
      id = next;
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot change " + directory, e);
    }
  }

  private static boolean isSegment(Path file) {
    return file.toString().endsWith(SegmentFormat.SUFFIX);
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.exists(file) ? Optional.of(Files.readString(file).strip()) : Optional.empty();
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read " + file, e);
    }
  }

  /** Whole or not at all, and durable; so is what was deleted before. */
  private static void write(Path directory, String name, String text) throws IOException {
    Path temporary = directory.resolve(name + ".tmp");
    try (FileChannel file =
        FileChannel.open(
            temporary,
            List.of(
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE)
                .toArray(StandardOpenOption[]::new))) {
      ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
      file.force(true);
    }
    Files.move(
        temporary,
        directory.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
      parent.force(true);
    }
  }
}
