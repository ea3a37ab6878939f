package io.trilith.storage.log;

import io.trilith.storage.encoding.Crc;
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
 * Which log lies in a directory, and which bucket it writes to: the files {@code id} and {@code
 * bucket} beside the segments, see {@code docs/formats/log-segment.md}. Offsets of different logs
 * cannot be compared. Not thread-safe.
 */
public final class LogIdentity {
  private static final String ID = "id";
  private static final String NEXT = "next-id";
  private static final String RENEWED = "renewed-id";
  private static final String BUCKET = "bucket";

  private final Path directory;
  private Text text;

  /**
   * What the file {@code id} says.
   *
   * @param segments the id that it had when its oldest segments could have been written
   * @param home where it was used last, for people
   */
  private record Text(String id, String segments, String home) {
    static Text parse(String text) {
      List<String> lines = text.lines().map(String::strip).toList();
      String id = lines.isEmpty() ? "" : lines.getFirst();
      return new Text(
          id, lines.size() > 1 ? lines.get(1) : id, lines.size() > 2 ? lines.get(2) : "");
    }

    String format() {
      return id + "\n" + segments + "\n" + home;
    }
  }

  /**
   * What a log knew of its bucket.
   *
   * @param id the bucket's
   * @param commit the newest that it saw
   */
  public record KnownBucket(String id, long commit) {}

  private LogIdentity(Path directory, Text text) {
    this.directory = directory;
    this.text = text;
  }

  /** The id of a log, given to it now when it has none. */
  public static LogIdentity open(Path directory, Supplier<String> fresh) {
    try {
      Files.createDirectories(directory);
      Optional<Text> known = read(directory.resolve(ID)).map(Text::parse);
      if (known.isEmpty()) {
        String id = fresh.get();
        known = Optional.of(new Text(id, id, ""));
        write(directory, ID, known.get().format());
      }
      return new LogIdentity(directory, known.get());
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read the id of the log in " + directory, e);
    }
  }

  public String id() {
    return text.id;
  }

  /** What the segments of a directory say they belong to. */
  static int owner(Path directory) {
    return read(directory.resolve(ID))
        .map(Text::parse)
        .map(text -> text.segments.getBytes(StandardCharsets.UTF_8))
        .map(bytes -> Crc.of(bytes, 0, bytes.length))
        .orElse(SegmentFormat.NO_LOG);
  }

  /** Where it was used last, for people; empty for not known. */
  public String home() {
    return text.home;
  }

  /** Says where it is used now. */
  public void moveTo(String home) {
    if (!home.equals(text.home)) {
      replace(new Text(text.id, text.segments, home));
    }
  }

  /** What it knew of the bucket that it writes to. */
  public static Optional<KnownBucket> bucket(Path directory) {
    return read(directory.resolve(BUCKET)).flatMap(LogIdentity::knownBucket);
  }

  private static Optional<KnownBucket> knownBucket(String text) {
    String[] words = text.split("\\s+", -1);
    try {
      return words.length == 2
          ? Optional.of(new KnownBucket(words[0], Long.parseLong(words[1])))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Says what it knows of its bucket; may be less than there is. */
  public static void know(Path directory, KnownBucket bucket) {
    try {
      write(directory, BUCKET, bucket.id + " " + bucket.commit);
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot write into " + directory, e);
    }
  }

  /** The id that it was to have for its next run, when something happened before it had. */
  public Optional<String> renewed() {
    return read(directory.resolve(RENEWED));
  }

  /** Makes the id of the next run known durably. */
  public void prepareRenewed(String next) {
    try {
      write(directory, RENEWED, next);
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot write into " + directory, e);
    }
  }

  /** Goes on under another id with the same segments. */
  public void renew(String next) {
    replace(new Text(next, text.segments, text.home));
    try {
      Files.deleteIfExists(directory.resolve(RENEWED));
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot change " + directory, e);
    }
  }

  private void replace(Text next) {
    try {
      write(directory, ID, next.format());
      text = next;
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot change " + directory, e);
    }
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
      replace(new Text(next, next, text.home));
      Files.deleteIfExists(directory.resolve(NEXT));
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
