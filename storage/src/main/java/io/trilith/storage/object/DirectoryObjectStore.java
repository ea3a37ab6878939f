package io.trilith.storage.object;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Objects as files below a directory. A file is written under {@code .tmp/}, synced, and only then
 * given its name: by rename, or, where the name must be free, by a hard link, which fails when it
 * is not. The directory is synced too, so that the name survives a power loss.
 */
public final class DirectoryObjectStore implements ObjectStore {
  private static final String TEMPORARY = ".tmp";

  private static final String KEPT_OPEN = ".block";

  private final Path root;
  private final OpenFiles openFiles = new OpenFiles();
  private final AtomicLong temporaries = new AtomicLong();

  /** Before the numbers of half-written files: theirs must differ between processes. */
  private final String temporaryPrefix;

  private DirectoryObjectStore(Path root, String temporaryPrefix) {
    this.root = root;
    this.temporaryPrefix = temporaryPrefix;
  }

  /**
   * A directory that another process may be writing to as well: nothing is created before something
   * is written, nothing removed that is not ours.
   */
  public static DirectoryObjectStore shared(Path root) {
    return new DirectoryObjectStore(root, UUID.randomUUID() + "-");
  }

  /** Opens or creates the directory and removes what an earlier process left half written. */
  public DirectoryObjectStore(Path root) {
    this(root, "");
    try {
      Files.createDirectories(root.resolve(TEMPORARY));
      try (Stream<Path> left = Files.list(root.resolve(TEMPORARY))) {
        for (Path file : left.toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot open storage directory " + root, e);
    }
  }

  @Override
  public ObjectOutput create(String name) {
    ObjectNames.check(name);
    try {
      return new FileOutput(name, newTemporary());
    } catch (IOException e) {
      throw unavailable("create", name, e);
    }
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    Path target = path(name);
    Path temporary = newTemporary();
    try {
      Path directory = ensureDirectory(name);
      Files.createDirectories(temporary.getParent());
      try (FileChannel file = open(temporary)) {
        writeFully(file, content.duplicate());
        file.force(true);
      }
      try {
        Files.createLink(target, temporary);
      } catch (FileAlreadyExistsException e) {
        return false;
      } finally {
        Files.deleteIfExists(temporary);
      }
      syncDirectory(directory);
      return true;
    } catch (IOException e) {
      throw unavailable("create", name, e);
    }
  }

  @Override
  public ByteBuffer read(String name) {
    try (FileChannel file = FileChannel.open(path(name), StandardOpenOption.READ)) {
      return readFully(file, name, 0, Math.toIntExact(file.size()));
    } catch (NoSuchFileException e) {
      throw new StorageException.Missing(name);
    } catch (IOException e) {
      throw unavailable("read", name, e);
    }
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    // Only what is written once under its name: a file that is open would hide its successor.
    if (name.endsWith(KEPT_OPEN)) {
      try {
        return readFully(openFiles.of(name, path(name)), name, offset, length);
      } catch (NoSuchFileException e) {
        throw new StorageException.Missing(name);
      } catch (ClosedByInterruptException e) {
        throw unavailable("read", name, e);
      } catch (ClosedChannelException e) {
        openFiles.forget(name); // by another thread, which was interrupted: read it on our own
      } catch (IOException e) {
        throw unavailable("read", name, e);
      }
    }
    try (FileChannel file = FileChannel.open(path(name), StandardOpenOption.READ)) {
      return readFully(file, name, offset, length);
    } catch (NoSuchFileException e) {
      throw new StorageException.Missing(name);
    } catch (IOException e) {
      throw unavailable("read", name, e);
    }
  }

  @Override
  public Tail readTail(String name, int length) {
    try (FileChannel file = FileChannel.open(path(name), StandardOpenOption.READ)) {
      long size = file.size();
      int count = (int) Math.min(length, size);
      return new Tail(readFully(file, name, size - count, count), size);
    } catch (NoSuchFileException e) {
      throw new StorageException.Missing(name);
    } catch (IOException e) {
      throw unavailable("read", name, e);
    }
  }

  @Override
  public List<Entry> list(String prefix) {
    int slash = prefix.lastIndexOf('/');
    Path from = slash < 0 ? root : root.resolve(prefix.substring(0, slash));
    if (!Files.isDirectory(from)) {
      return List.of();
    }
    try (Stream<Path> walk = Files.walk(from)) {
      List<Entry> entries = new ArrayList<>();
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        if (name.startsWith(prefix) && !name.startsWith(TEMPORARY)) {
          entries.add(new Entry(name, Files.size(file)));
        }
      }
      entries.sort(Comparator.comparing(Entry::name));
      return entries;
    } catch (IOException e) {
      throw unavailable("list", prefix, e);
    }
  }

  @Override
  public void delete(String name) {
    openFiles.forget(name);
    try {
      Files.deleteIfExists(path(name));
    } catch (IOException e) {
      throw unavailable("delete", name, e);
    }
  }

  private Path path(String name) {
    return root.resolve(ObjectNames.check(name));
  }

  /**
   * The directory of an object; when it is new, it and its ancestors are synced down from the root.
   */
  private Path ensureDirectory(String name) throws IOException {
    Path directory = root;
    String[] parts = name.split("/", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      Path child = directory.resolve(parts[i]);
      if (!Files.isDirectory(child)) {
        Files.createDirectories(child);
        syncDirectory(directory);
      }
      directory = child;
    }
    return directory;
  }

  private Path newTemporary() {
    return root.resolve(TEMPORARY).resolve(temporaryPrefix + temporaries.incrementAndGet());
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.WRITE);
  }

  private static void writeFully(FileChannel file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }

  private static ByteBuffer readFully(FileChannel file, String name, long offset, int length)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (file.read(bytes, offset + bytes.position()) < 0) {
        throw new StorageException.Corrupt(
            name, offset, length + " bytes wanted, the file ends at " + file.size());
      }
    }
    return bytes.flip();
  }

  private static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static StorageException unavailable(String verb, String name, IOException cause) {
    return new StorageException.Unavailable("cannot " + verb + " object " + name, cause);
  }

  /** A file on its way to its name. */
  private final class FileOutput implements ObjectOutput {
    private final String name;
    private final Path temporary;
    private final FileChannel file;
    private long position;

    FileOutput(String name, Path temporary) throws IOException {
      this.name = name;
      this.temporary = temporary;
      Files.createDirectories(temporary.getParent());
      this.file = open(temporary);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void write(ByteBuffer bytes) {
      try {
        position += bytes.remaining();
        writeFully(file, bytes);
      } catch (IOException e) {
        throw unavailable("write", name, e);
      }
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public void commit() {
      Path target = path(name);
      try {
        file.force(true);
        file.close();
        Path directory = ensureDirectory(name);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(directory);
      } catch (IOException e) {
        throw unavailable("commit", name, e);
      }
    }

    @Override
    public void close() {
      try {
        file.close();
        Files.deleteIfExists(temporary);
      } catch (IOException e) {
        throw unavailable("close", name, e);
      }
    }
  }
}
