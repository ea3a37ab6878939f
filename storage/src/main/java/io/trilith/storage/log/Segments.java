package io.trilith.storage.log;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a log. Written by one thread; {@link #read}, {@link #trim} and the figures may be
 * called by others.
 */
final class Segments {
  private static final Logger log = LoggerFactory.getLogger(Segments.class);

  private final Path directory;
  private final int owner;
  private final long segmentSize;

  /** First offset to size, of segments that are not written any more. Guarded by itself. */
  private final TreeMap<Long, Long> sealed = new TreeMap<>();

  /** Where the last sealed segment ends when none is written; -1 for unknown. Guarded by sealed. */
  private long sealedEnd = -1;

  private final AtomicLong sealedBytes = new AtomicLong();
  private final AtomicLong syncs = new AtomicLong();
  private final AtomicLong tornBytes = new AtomicLong();
  private final AtomicLong damagedRecords = new AtomicLong();
  private volatile long activeBytes;
  private volatile @Nullable SegmentWriter active;

  /**
   * Of a directory.
   *
   * @param owner what its segments say they belong to
   */
  Segments(Path directory, int owner, long segmentSize) {
    this.owner = owner;
    this.directory = directory;
    this.segmentSize = segmentSize;
  }

  /**
   * Finds the segments, cuts a torn end, and returns the offset after the last whole record.
   *
   * @throws StorageException.Corrupt when a file is another's: another log's, or under a wrong name
   */
  long open() {
    try {
      Files.createDirectories(directory);
      try (Stream<Path> files = Files.list(directory)) {
        List<Path> found =
            files.filter(file -> file.toString().endsWith(SegmentFormat.SUFFIX)).sorted().toList();
        for (Path file : found) {
          seal(SegmentScanner.firstOffset(file, owner), Files.size(file));
        }
      }
      if (sealed.isEmpty()) {
        return 0;
      }
      long end = cutTornEnd(sealed.lastKey());
      synchronized (sealed) {
        sealedEnd = end;
      }
      return end;
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot open log directory " + directory, e);
    }
  }

  private long cutTornEnd(long firstOffset) throws IOException {
    Path path = path(firstOffset);
    SegmentScanner scanner = SegmentScanner.open(path);
    long last = scanner.scan(Long.MAX_VALUE, -1, (offset, signal, tenant, payload) -> {});
    for (SegmentScanner.Damage damage : scanner.damages()) {
      if (damage.atEnd()) {
        tornBytes.addAndGet(damage.length());
        log.warn(
            "cut a torn end of the log: file={} at={} bytes={}",
            path,
            damage.position(),
            damage.length());
      }
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
      file.truncate(scanner.end());
      file.force(true);
    }
    synchronized (sealed) {
      sealedBytes.addAndGet(scanner.end() - sealed.getOrDefault(firstOffset, 0L));
      sealed.put(firstOffset, (long) scanner.end());
    }
    return last + 1;
  }

  void read(long from, Log.RecordReader reader) {
    List<Long> firstOffsets;
    synchronized (sealed) {
      Long start = sealed.floorKey(from);
      firstOffsets = List.copyOf(sealed.tailMap(start == null ? Long.MIN_VALUE : start).keySet());
    }
    long last = -1;
    for (long firstOffset : firstOffsets) {
      Path path = path(firstOffset);
      SegmentScanner scanner = SegmentScanner.open(path);
      last = scanner.scan(from, last, reader);
      for (SegmentScanner.Damage damage : scanner.damages()) {
        damagedRecords.incrementAndGet();
        log.warn(
            "skipped a damaged part of the log: file={} at={} bytes={}",
            path,
            damage.position(),
            damage.length());
      }
    }
  }

  void write(long firstOffset, ByteBuffer frames) throws IOException {
    SegmentWriter writer = active;
    if (writer != null && writer.position() + frames.remaining() > segmentSize) {
      writer.sync();
      writer.close();
      seal(writer, firstOffset);
      writer = null;
    }
    if (writer == null) {
      writer = new SegmentWriter(directory, firstOffset, owner);
      active = writer;
    }
    writer.write(frames);
    activeBytes = writer.position();
  }

  /** Closes the file that is written, all of whose records are below an offset. */
  void seal(long end) throws IOException {
    SegmentWriter writer = active;
    if (writer == null) {
      return;
    }
    writer.sync();
    writer.close();
    seal(writer, end);
  }

  /** Whether the file that is written may have records below an offset. */
  boolean isWritingBelow(long offset) {
    SegmentWriter writer = active;
    return writer != null && writer.firstOffset() < offset;
  }

  /** The first offset of the oldest file; Long.MAX_VALUE without one. */
  long oldest() {
    synchronized (sealed) {
      SegmentWriter writer = active;
      long written = writer == null ? Long.MAX_VALUE : writer.firstOffset();
      return sealed.isEmpty() ? written : Math.min(written, sealed.firstKey());
    }
  }

  void sync() throws IOException {
    if (active != null) {
      active.sync();
      syncs.incrementAndGet();
    }
  }

  /**
   * Leaves the active file as it is: after a failed write or sync nothing about it is known. One
   * without a record goes, so that a full disk does not fill with them.
   */
  void abandonActive() {
    SegmentWriter writer = active;
    if (writer == null) {
      return;
    }
    writer.abandon();
    if (writer.position() <= SegmentFormat.HEADER_SIZE && delete(writer.firstOffset())) {
      synchronized (sealed) {
        active = null;
        activeBytes = 0;
        sealedEnd = -1;
      }
      return;
    }
    seal(writer, -1);
  }

  /**
   * What was written is sealed from now on, in one step: whoever trims must never see it as both or
   * as neither.
   *
   * @param end the first offset that is not in it, -1 for unknown
   */
  private void seal(SegmentWriter writer, long end) {
    synchronized (sealed) {
      seal(writer.firstOffset(), writer.position());
      active = null;
      sealedEnd = end;
    }
  }

  private void seal(long firstOffset, long size) {
    synchronized (sealed) {
      Long before = sealed.put(firstOffset, size);
      sealedBytes.addAndGet(size - (before == null ? 0 : before));
      activeBytes = 0;
    }
  }

  /** Deletes segments all of whose records are below the offset. */
  void trim(long below) {
    synchronized (sealed) {
      while (!sealed.isEmpty()) {
        Map.Entry<Long, Long> oldest = sealed.firstEntry();
        Long following = sealed.higherKey(oldest.getKey());
        SegmentWriter writer = active;
        long end =
            following != null ? following : writer != null ? writer.firstOffset() : sealedEnd;
        if (end < 0 || end > below) {
          return;
        }
        if (!delete(oldest.getKey())) {
          return;
        }
        sealed.remove(oldest.getKey());
        sealedBytes.addAndGet(-oldest.getValue());
      }
    }
  }

  private boolean delete(long firstOffset) {
    try {
      Files.deleteIfExists(path(firstOffset));
      return true;
    } catch (IOException e) {
      log.warn("cannot delete a log segment, first offset {}", firstOffset, e);
      return false;
    }
  }

  long bytes() {
    return sealedBytes.get() + activeBytes;
  }

  Log.LogStats stats() {
    synchronized (sealed) {
      int segments = sealed.size() + (activeBytes > 0 ? 1 : 0);
      return new Log.LogStats(
          bytes(), segments, syncs.get(), tornBytes.get(), damagedRecords.get());
    }
  }

  void close() {
    SegmentWriter writer = active;
    if (writer == null) {
      return;
    }
    try {
      writer.close();
    } catch (IOException e) {
      log.warn("cannot close the log's last segment", e);
    }
  }

  private Path path(long firstOffset) {
    return directory.resolve(SegmentFormat.fileName(firstOffset));
  }
}
