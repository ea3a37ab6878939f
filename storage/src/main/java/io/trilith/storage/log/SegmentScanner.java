package io.trilith.storage.log;

import static io.trilith.storage.log.SegmentFormat.BODY_MAX;
import static io.trilith.storage.log.SegmentFormat.BODY_MIN;
import static io.trilith.storage.log.SegmentFormat.FRAME_HEADER_SIZE;
import static io.trilith.storage.log.SegmentFormat.HEADER_CRC_AT;
import static io.trilith.storage.log.SegmentFormat.HEADER_SIZE;

import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Walks the frames of one segment. Where a frame is damaged it searches for the next whole one, so
 * that one bad sector costs one record and not the rest of the file. The file is read, not mapped:
 * what a disk fails to give is an error with a name then, not the end of the process.
 */
final class SegmentScanner {
  private final Path path;
  private final ByteBuffer bytes;
  private final List<Damage> damages = new ArrayList<>();
  private long firstOffset;
  private int owner;
  private int end;

  /** A place that holds no whole frame although frames follow, or garbage at the end. */
  record Damage(int position, int length, boolean atEnd) {}

  private SegmentScanner(Path path, ByteBuffer bytes) {
    this.path = path;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  static SegmentScanner open(Path path) {
    return open(path, Integer.MAX_VALUE);
  }

  /**
   * The offset of the first record, by the header alone.
   *
   * @param owner the log it should belong to
   * @throws StorageException.Corrupt when it belongs to another, or to another place in it
   */
  static long firstOffset(Path path, int owner) {
    SegmentScanner header = open(path, HEADER_SIZE);
    if (header.owner != SegmentFormat.NO_LOG && header.owner != owner) {
      throw new StorageException.Corrupt(
          path.toString(),
          SegmentFormat.LOG_AT,
          "it belongs to another log than the one in this directory; move it out of here to go on"
              + " without it");
    }
    if (header.firstOffset != header.offsetInName()) {
      throw new StorageException.Corrupt(
          path.toString(),
          8,
          "it holds the bytes of the segment that begins with record "
              + header.firstOffset
              + "; give it that name, or move it out of here to go on without it");
    }
    return header.firstOffset;
  }

  private static SegmentScanner open(Path path, int limit) {
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      // Outside of the heap, which need not be as large as a segment.
      ByteBuffer bytes = Arena.ofAuto().allocate(Math.min(file.size(), limit)).asByteBuffer();
      while (bytes.hasRemaining() && file.read(bytes) >= 0) {
        // The file may end early.
      }
      SegmentScanner scanner = new SegmentScanner(path, bytes.flip());
      scanner.readHeader();
      return scanner;
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot read log segment " + path, e);
    }
  }

  private void readHeader() {
    boolean whole =
        bytes.limit() >= HEADER_SIZE
            && bytes.getInt(0) == SegmentFormat.MAGIC
            && bytes.getInt(HEADER_CRC_AT) == Crc.of(bytes.slice(0, HEADER_CRC_AT));
    int version = whole ? bytes.getInt(4) : SegmentFormat.VERSION_1;
    if (version != SegmentFormat.VERSION && version != SegmentFormat.VERSION_1) {
      throw new StorageException.Corrupt(
          path.toString(), 4, "version " + version + " is not known to this release");
    }
    owner =
        version == SegmentFormat.VERSION_1
            ? SegmentFormat.NO_LOG
            : bytes.getInt(SegmentFormat.LOG_AT);
    firstOffset = whole ? bytes.getLong(8) : offsetInName();
    if (!whole) {
      damages.add(new Damage(0, Math.min(HEADER_SIZE, bytes.limit()), false));
    }
  }

  private long offsetInName() {
    String name = String.valueOf(path.getFileName());
    try {
      return Long.parseLong(name.substring(0, name.length() - SegmentFormat.SUFFIX.length()));
    } catch (NumberFormatException e) {
      throw new StorageException.Corrupt(
          path.toString(), 0, "its name is no number of a record; move it out of here");
    }
  }

  /** Where the last whole frame ends; known after {@link #scan}. */
  int end() {
    return end;
  }

  List<Damage> damages() {
    return damages;
  }

  /**
   * Hands on every whole frame whose offset is at least {@code from} and greater than {@code
   * after}.
   *
   * @return the greatest offset seen, or {@code after}
   */
  long scan(long from, long after, Log.RecordReader reader) {
    long last = Math.max(after, firstOffset - 1);
    int position = HEADER_SIZE;
    end = Math.min(HEADER_SIZE, bytes.limit());
    while (!onlyZerosFrom(position)) {
      if (!frameAt(position, last)) {
        int next = findFrame(position + 1, last);
        damages.add(new Damage(position, (next < 0 ? lastNonZero() : next) - position, next < 0));
        if (next < 0) {
          break;
        }
        position = next;
      }
      int length = bytes.getInt(position);
      long offset = bytes.getLong(position + FRAME_HEADER_SIZE);
      if (offset > last) {
        last = offset;
        if (offset >= from) {
          deliver(position + FRAME_HEADER_SIZE, length, offset, reader);
        }
      }
      position += FRAME_HEADER_SIZE + length;
      end = position;
    }
    return last;
  }

  /**
   * Zeros to the end are space that was never written; zeros before anything else are a lost
   * sector.
   */
  private boolean onlyZerosFrom(int position) {
    int at = position;
    while (at + 8 <= bytes.limit() && bytes.getLong(at) == 0) {
      at += 8;
    }
    while (at < bytes.limit() && bytes.get(at) == 0) {
      at++;
    }
    return at >= bytes.limit();
  }

  private boolean frameAt(int position, long last) {
    if (position + FRAME_HEADER_SIZE + BODY_MIN > bytes.limit()) {
      return false;
    }
    int length = bytes.getInt(position);
    if (length < BODY_MIN
        || length > BODY_MAX
        || length > bytes.limit() - position - FRAME_HEADER_SIZE) {
      return false;
    }
    long offset = bytes.getLong(position + FRAME_HEADER_SIZE);
    int signal = bytes.get(position + FRAME_HEADER_SIZE + 8);
    // After a failed write the same records are written again to the next segment, so equal offsets
    // are legal.
    return offset >= Math.min(firstOffset, last)
        && offset <= last + (1L << 32)
        && Signal.ofCode(signal) != null
        && bytes.getInt(position + 4) == Crc.of(bytes.slice(position + FRAME_HEADER_SIZE, length));
  }

  private int findFrame(int from, long last) {
    for (int position = from; position + FRAME_HEADER_SIZE <= bytes.limit(); position++) {
      if (bytes.getInt(position) != 0 && frameAt(position, last)) {
        return position;
      }
    }
    return -1;
  }

  private int lastNonZero() {
    int position = bytes.limit();
    while (position > 0 && bytes.get(position - 1) == 0) {
      position--;
    }
    return position;
  }

  private void deliver(int position, int length, long offset, Log.RecordReader reader) {
    int tenantLength = bytes.get(position + 9) & 0xff;
    if (BODY_MIN + tenantLength > length) {
      throw new StorageException.Corrupt(
          path.toString(),
          position,
          "a tenant of " + tenantLength + " bytes in a frame of " + length);
    }
    Signal signal = Signal.ofCode(bytes.get(position + 8));
    if (signal == null) {
      throw new StorageException.Corrupt(
          path.toString(), position + 8, "signal " + bytes.get(position + 8) + " is not known");
    }
    byte[] tenant = new byte[tenantLength];
    bytes.get(position + BODY_MIN, tenant);
    int header = BODY_MIN + tenantLength;
    reader.accept(
        offset,
        signal,
        new TenantId(new String(tenant, StandardCharsets.US_ASCII)),
        bytes.slice(position + header, length - header).order(ByteOrder.LITTLE_ENDIAN));
  }
}
