package io.trilith.storage.log;

/**
 * The layout of a log segment, see {@code docs/formats/log-segment.md}. All numbers are
 * little-endian.
 *
 * <pre>
 * segment = header frame* zero*
 * header  = magic:4 "TRLG"  version:4 = 2  firstOffset:8  log:4  zero:8  crc32c:4 (of the 28 bytes before)
 * frame   = length:4  crc32c:4 (of the length bytes that follow)  offset:8  signal:1  tenantLength:1  tenant  payload
 * </pre>
 */
final class SegmentFormat {
  static final int MAGIC = 0x474c5254;

  /** With the log that it belongs to. */
  static final int VERSION = 2;

  static final int VERSION_1 = 1;
  static final int HEADER_SIZE = 32;
  static final int LOG_AT = 16;
  static final int HEADER_CRC_AT = 28;

  /** The log of a directory that names none. */
  static final int NO_LOG = 0;

  static final int FRAME_HEADER_SIZE = 8;

  /** Bytes of a frame's body before tenant and payload. */
  static final int BODY_MIN = 10;

  /** Bodies longer than this are not written, and taken for damage when read. */
  static final int BODY_MAX = 256 << 20;

  static final String SUFFIX = ".log";

  private SegmentFormat() {}

  static String fileName(long firstOffset) {
    return "%020d%s".formatted(firstOffset, SUFFIX);
  }
}
