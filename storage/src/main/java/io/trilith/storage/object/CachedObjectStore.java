package io.trilith.storage.object;

import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A remote store with a disk before it, see {@code docs/decisions/0012-bucket.md}. A block that is
 * committed is on the disk, and readable here, until {@link #publish} brings it to the remote
 * store; its file stays as a copy within a budget. Of other blocks the pages that were read are
 * kept. Every other object goes straight through. Thread-safe.
 */
public final class CachedObjectStore implements ObjectStore {
  private static final Logger log = LoggerFactory.getLogger(CachedObjectStore.class);
  private static final String BLOCKS = "blocks/";
  private static final String STAGED = "staged/";
  private static final String WHOLE = "whole/";
  private static final int COPIED_AT_ONCE = 1 << 20;
  private static final int UPLOADS_AT_ONCE = 4;

  private final ObjectStore remote;
  private final CacheFiles files;
  private final PageCache pages;
  private final Set<String> staged = ConcurrentHashMap.newKeySet();

  /**
   * Opens the cache. What an earlier process had staged and not published is dropped: nobody was
   * told of it.
   *
   * @param budget bytes of copies; staged blocks come on top
   */
  public CachedObjectStore(ObjectStore remote, Path directory, long budget) {
    this.remote = remote;
    this.files = new CacheFiles(directory, budget, STAGED);
    this.pages = new PageCache(remote, files);
  }

  /** Bytes of copies on disk. */
  public long cachedBytes() {
    return files.bytes();
  }

  /** Blocks that wait for their upload. */
  public int stagedBlocks() {
    return staged.size();
  }

  /** Drops the copies of all objects but those of these sizes: what a restart is to begin with. */
  public void retain(Map<String, Long> sizes) {
    Set<String> dropped = new HashSet<>();
    files
        .files()
        .forEach(
            (file, size) -> {
              String paged = PageCache.objectOf(file);
              if (paged != null) {
                if (!Long.valueOf(pages.size(paged)).equals(sizes.get(paged))) {
                  files.delete(file);
                  dropped.add(paged);
                }
              } else if (file.startsWith(WHOLE)
                  && !size.equals(sizes.get(file.substring(WHOLE.length())))) {
                files.delete(file);
              }
            });
    dropped.forEach(pages::drop);
  }

  private static boolean isCached(String name) {
    return name.startsWith(BLOCKS);
  }

  @Override
  public ObjectOutput create(String name) {
    ObjectNames.check(name);
    return isCached(name)
        ? new Staging(name, files.objects().create(STAGED + name))
        : remote.create(name);
  }

  private final class Staging implements ObjectOutput {
    private final String name;
    private final ObjectOutput out;

    Staging(String name, ObjectOutput out) {
      this.name = name;
      this.out = out;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void write(ByteBuffer bytes) {
      out.write(bytes);
    }

    @Override
    public long position() {
      return out.position();
    }

    @Override
    public void commit() {
      out.commit();
      staged.add(name);
    }

    @Override
    public void close() {
      out.close();
    }
  }

  @Override
  public void publish(List<String> names) {
    List<String> waiting = names.stream().filter(staged::contains).toList();
    if (waiting.size() == 1) {
      upload(waiting.getFirst());
    } else if (!waiting.isEmpty()) {
      uploadAll(waiting);
    }
  }

  /** Several at a time; throws what went wrong with one after all have been tried. */
  private void uploadAll(List<String> names) {
    Semaphore free = new Semaphore(UPLOADS_AT_ONCE);
    List<Future<?>> uploads = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String name : names) {
        uploads.add(
            threads.submit(
                () -> {
                  free.acquireUninterruptibly();
                  try {
                    upload(name);
                  } finally {
                    free.release();
                  }
                }));
      }
    }
    for (Future<?> upload : uploads) {
      if (upload.state() == Future.State.FAILED
          && upload.exceptionNow() instanceof RuntimeException cause) {
        throw cause;
      }
    }
  }

  private void upload(String name) {
    DirectoryObjectStore local = files.objects();
    long size = local.readTail(STAGED + name, 1).objectSize();
    try (ObjectOutput out = remote.create(name)) {
      for (long at = 0; at < size; at += COPIED_AT_ONCE) {
        out.write(local.readRange(STAGED + name, at, (int) Math.min(COPIED_AT_ONCE, size - at)));
      }
      out.commit();
    }
    files.adopt(STAGED + name, WHOLE + name, size);
    staged.remove(name);
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    return remote.createIfAbsent(name, content);
  }

  @Override
  public ByteBuffer read(String name) {
    if (!isCached(name)) {
      return remote.read(name);
    }
    long size = readTail(name, 1).objectSize();
    return readRange(name, 0, Math.toIntExact(size));
  }

  /** How a local copy is read. */
  @FunctionalInterface
  private interface Read<T> {
    T from(String file);
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    ObjectNames.check(name);
    if (!isCached(name)) {
      return remote.readRange(name, offset, length);
    }
    return read(
        name,
        file -> files.objects().readRange(file, offset, length),
        () -> pages.read(name, offset, length));
  }

  @Override
  public Tail readTail(String name, int length) {
    ObjectNames.check(name);
    if (!isCached(name)) {
      return remote.readTail(name, length);
    }
    return read(
        name, file -> files.objects().readTail(file, length), () -> pages.tail(name, length));
  }

  private <T> T read(String name, Read<T> local, Supplier<T> paged) {
    if (staged.contains(name)) {
      try {
        return local.from(STAGED + name);
      } catch (StorageException.Missing e) {
        log.debug("{} was published meanwhile", name);
      } catch (StorageException.Corrupt e) {
        throw new StorageException.Corrupt(name, 0, String.valueOf(e.getMessage()));
      }
    }
    if (files.has(WHOLE + name)) {
      try {
        return local.from(WHOLE + name);
      } catch (StorageException.Missing e) {
        log.debug("{} was evicted meanwhile", name);
      } catch (StorageException.Corrupt | StorageException.Unavailable e) {
        log.warn("the copy of {} cannot be read, the bucket is asked: {}", name, e.getMessage());
        if (!Thread.currentThread().isInterrupted()) {
          files.delete(WHOLE + name);
        }
      }
    }
    return paged.get();
  }

  @Override
  public List<Entry> list(String prefix) {
    return remote.list(prefix);
  }

  @Override
  public void delete(String name) {
    dropLocal(name);
    remote.delete(name);
  }

  @Override
  public void deleteAll(List<String> names) {
    names.forEach(this::dropLocal);
    remote.deleteAll(names);
  }

  private void dropLocal(String name) {
    if (!isCached(name)) {
      return;
    }
    if (staged.remove(name)) {
      files.objects().delete(STAGED + name);
    }
    files.delete(WHOLE + name);
    pages.drop(name);
  }

  @Override
  public boolean dropCopies(String name) {
    if (!isCached(name) || staged.contains(name)) {
      return false;
    }
    log.warn("copies of {} are damaged, the bucket is asked again", name);
    files.delete(WHOLE + name);
    pages.drop(name);
    // Also when another reader has dropped them just now.
    return true;
  }
}
