package io.trilith.storage.object;

import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads objects of a remote store in aligned pages, which it keeps on disk: missing neighbours by
 * one request, more of them when somebody reads on and on, each page once for all who want it at
 * the same time. Thread-safe.
 */
final class PageCache {
  static final int PAGE_SIZE = 256 << 10;

  /** Pages of one request at most. */
  private static final int RUN_MAX = 32;

  private static final int AHEAD_MAX = 16;
  private static final String PAGES = "pages/";
  private static final String TAIL = "tail-";

  private final ObjectStore remote;
  private final CacheFiles files;
  private final Map<String, Known> known = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<byte[]>> coming = new ConcurrentHashMap<>();

  /** What was learnt of an object. */
  private static final class Known {
    final long size;
    private long next = -1;
    private int window;

    Known(long size) {
      this.size = size;
    }

    int pageLength(long page) {
      return (int) Math.min(PAGE_SIZE, size - page * PAGE_SIZE);
    }

    long pages() {
      return (size + PAGE_SIZE - 1) / PAGE_SIZE;
    }

    /** How many pages to fetch beyond those asked for: more the longer a reader goes on. */
    synchronized int ahead(long firstMissing, long afterLast) {
      window = firstMissing == next ? Math.min(AHEAD_MAX, Math.max(1, window * 2)) : 0;
      next = Math.min(pages(), afterLast + window);
      return (int) (next - afterLast);
    }

    /** Bytes at the end that are kept as one file. */
    int tailLength() {
      return (int) Math.min(PAGE_SIZE, size);
    }
  }

  PageCache(ObjectStore remote, CacheFiles files) {
    this.remote = remote;
    this.files = files;
    for (String file : files.files().keySet()) {
      int tail = file.lastIndexOf("/" + TAIL);
      if (file.startsWith(PAGES) && tail > 0) {
        long size = Long.parseLong(file.substring(tail + 1 + TAIL.length()));
        known.put(file.substring(PAGES.length(), tail), new Known(size));
      }
    }
  }

  /** The size that pages of an object were made for; -1 when there are none. */
  long size(String name) {
    Known object = known.get(name);
    return object == null ? -1 : object.size;
  }

  /** The object whose page a file is; null when it is no page. */
  static @Nullable String objectOf(String file) {
    return file.startsWith(PAGES) ? file.substring(PAGES.length(), file.lastIndexOf('/')) : null;
  }

  private static String directory(String name) {
    return PAGES + name + "/";
  }

  private static String tailFile(String name, Known object) {
    return directory(name) + TAIL + object.size;
  }

  ObjectStore.Tail tail(String name, int length) {
    Known object = known.get(name);
    if (object != null && Math.min(length, object.size) <= object.tailLength()) {
      byte[] bytes = files.read(tailFile(name, object), object.tailLength());
      if (bytes != null) {
        return end(bytes, length, object.size);
      }
    }
    ObjectStore.Tail tail = remote.readTail(name, Math.max(length, PAGE_SIZE));
    byte[] bytes = new byte[tail.bytes().remaining()];
    tail.bytes().duplicate().get(bytes);
    Known learnt = known.computeIfAbsent(name, key -> new Known(tail.objectSize()));
    int kept = learnt.tailLength();
    if (learnt.size == tail.objectSize() && bytes.length >= kept) {
      files.write(
          tailFile(name, learnt), Arrays.copyOfRange(bytes, bytes.length - kept, bytes.length));
    }
    return end(bytes, length, tail.objectSize());
  }

  private static ObjectStore.Tail end(byte[] bytes, int length, long size) {
    int count = Math.min(length, bytes.length);
    return new ObjectStore.Tail(
        ByteBuffer.wrap(bytes, bytes.length - count, count).slice().order(ByteOrder.LITTLE_ENDIAN),
        size);
  }

  ByteBuffer read(String name, long offset, int length) {
    Known object = known.get(name);
    if (object == null) {
      tail(name, PAGE_SIZE);
      object = known.get(name);
      if (object == null) {
        throw new StorageException.Missing(name);
      }
    }
    if (offset < 0 || length < 0 || offset > object.size - length) {
      throw new StorageException.Corrupt(
          name, offset, length + " bytes wanted, the object ends at " + object.size);
    }
    long tailStart = object.size - object.tailLength();
    if (offset >= tailStart) {
      ObjectStore.Tail tail = tail(name, object.tailLength());
      return tail.bytes().slice((int) (offset - tailStart), length).order(ByteOrder.LITTLE_ENDIAN);
    }
    return fromPages(name, object, offset, length);
  }

  private ByteBuffer fromPages(String name, Known object, long offset, int length) {
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    long end = offset + length;
    long page = offset / PAGE_SIZE;
    while (out.hasRemaining()) {
      long afterLast = Math.min((end + PAGE_SIZE - 1) / PAGE_SIZE, page + RUN_MAX);
      byte[][] run = run(name, object, page, (int) (afterLast - page));
      for (byte[] bytes : run) {
        int from = (int) (offset + out.position() - page * PAGE_SIZE);
        out.put(bytes, from, Math.min(out.remaining(), bytes.length - from));
        page++;
      }
    }
    return out.flip();
  }

  /** Pages in a row: from disk, from who fetches them already, and what is left by requests. */
  private byte[][] run(String name, Known object, long first, int count) {
    byte[][] pages = new byte[count][];
    int missing = 0;
    for (int i = 0; i < count; i++) {
      byte[] bytes = files.read(directory(name) + (first + i), object.pageLength(first + i));
      if (bytes == null) {
        missing++;
      } else {
        pages[i] = bytes;
      }
    }
    if (missing > 0) {
      fetch(name, object, first, pages);
    }
    return pages;
  }

  private void fetch(String name, Known object, long first, byte[][] pages) {
    int at = 0;
    while (pages[at] != null) {
      at++;
    }
    int total = pages.length + object.ahead(first + at, first + pages.length);
    while (at < total) {
      if (!claim(name, object, first, pages, at)) {
        at++;
        continue;
      }
      int end = at + 1;
      while (end < total && claim(name, object, first, pages, end)) {
        end++;
      }
      request(name, object, first, pages, at, end);
      at = end;
    }
    for (int i = 0; i < pages.length; i++) {
      if (pages[i] == null) {
        pages[i] = await(name, object, first + i);
      }
    }
  }

  /** Whether the page is missing and ours to fetch. */
  private boolean claim(String name, Known object, long first, byte[][] pages, int at) {
    String file = directory(name) + (first + at);
    if ((at < pages.length && pages[at] != null) || (at >= pages.length && files.has(file))) {
      return false;
    }
    if (coming.putIfAbsent(file, new CompletableFuture<>()) != null) {
      return false;
    }
    // It may have come between the look at the disk and the claim.
    byte[] bytes = files.read(file, object.pageLength(first + at));
    if (bytes == null) {
      return true;
    }
    if (at < pages.length) {
      pages[at] = bytes;
    }
    complete(file, bytes);
    return false;
  }

  private void complete(String file, byte[] bytes) {
    CompletableFuture<byte[]> promise = coming.remove(file);
    if (promise != null) {
      promise.complete(bytes);
    }
  }

  private void request(String name, Known object, long first, byte[][] pages, int from, int to) {
    long start = (first + from) * PAGE_SIZE;
    int length = (int) (Math.min(object.size, (first + to) * PAGE_SIZE) - start);
    try {
      ByteBuffer bytes = remote.readRange(name, start, length);
      for (int i = from; i < to; i++) {
        byte[] page = new byte[object.pageLength(first + i)];
        bytes.get(page);
        String file = directory(name) + (first + i);
        files.write(file, page);
        complete(file, page);
        if (i < pages.length) {
          pages[i] = page;
        }
      }
    } finally {
      // Whatever went wrong: who waits tries for himself.
      for (int i = from; i < to; i++) {
        CompletableFuture<byte[]> promise = coming.remove(directory(name) + (first + i));
        if (promise != null) {
          promise.completeExceptionally(new StorageException.Missing(name));
        }
      }
    }
  }

  /** A page that another reader fetches; when he fails, it is fetched here. */
  private byte[] await(String name, Known object, long page) {
    CompletableFuture<byte[]> promise = coming.get(directory(name) + page);
    if (promise != null) {
      try {
        return promise.join();
      } catch (CompletionException e) {
        return remotePage(name, object, page);
      }
    }
    byte[] bytes = files.read(directory(name) + page, object.pageLength(page));
    return bytes == null ? remotePage(name, object, page) : bytes;
  }

  private byte[] remotePage(String name, Known object, long page) {
    byte[] bytes = new byte[object.pageLength(page)];
    remote.readRange(name, page * PAGE_SIZE, bytes.length).get(bytes);
    return bytes;
  }

  /** Forgets an object. */
  void drop(String name) {
    Known object = known.remove(name);
    if (object == null) {
      return;
    }
    files.delete(tailFile(name, object));
    for (long page = 0; page < object.pages(); page++) {
      String file = directory(name) + page;
      if (files.has(file)) {
        files.delete(file);
      }
    }
  }
}
