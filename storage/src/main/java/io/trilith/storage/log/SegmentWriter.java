package io.trilith.storage.log;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends to one segment file. The file is filled with zeros some way ahead of the frames, so that
 * most syncs need not change its size. Confined to the committing thread.
 */
final class SegmentWriter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SegmentWriter.class);
  private static final int AHEAD = 1 << 20;
  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(AHEAD);

  private final FileChannel file;
  private final long firstOffset;
  private long position;
  private long allocated;

  /**
   * Creates the file, durably.
   *
   * @param owner the log that it belongs to
   */
  SegmentWriter(Path directory, long firstOffset, int owner) throws IOException {
    this.firstOffset = firstOffset;
    Path path = directory.resolve(SegmentFormat.fileName(firstOffset));
    file =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    try {
      ByteWriter header = new ByteWriter(SegmentFormat.HEADER_SIZE);
      header.putInt(SegmentFormat.MAGIC);
      header.putInt(SegmentFormat.VERSION);
      header.putLong(firstOffset);
      header.putInt(owner);
      header.putBytes(new byte[SegmentFormat.HEADER_CRC_AT - header.size()]);
      header.putInt(Crc.of(header.array(), 0, header.size()));
      write(header.view());
      file.force(true);
      try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
        parent.force(true);
      }
    } catch (IOException e) {
      file.close();
      Files.deleteIfExists(path);
      throw e;
    }
  }

  long firstOffset() {
    return firstOffset;
  }

  /** Bytes of header and frames. */
  long position() {
    return position;
  }

  void write(ByteBuffer frames) throws IOException {
    long after = position + frames.remaining();
    if (after > allocated) {
      allocated = after + AHEAD;
      long from = after;
      while (from < allocated) {
        from += file.write(ZEROS.duplicate().limit((int) Math.min(AHEAD, allocated - from)), from);
      }
    }
    while (frames.hasRemaining()) {
      position += file.write(frames, position);
    }
  }

  void sync() throws IOException {
    file.force(false);
  }

  /** Gives back the zeros ahead and closes. */
  @Override
  public void close() throws IOException {
    try (file) {
      file.truncate(position);
    }
  }

  /**
   * Closes without touching the file again: after a failed write or sync nothing about it is known.
   */
  void abandon() {
    try {
      file.close();
    } catch (IOException e) {
      log.warn("cannot close a failed log segment, first offset {}", firstOffset, e);
    }
  }
}
