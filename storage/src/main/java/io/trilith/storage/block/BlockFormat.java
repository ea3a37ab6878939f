package io.trilith.storage.block;

/**
 * The container of all blocks, see {@code docs/formats/block.md}. All numbers are little-endian.
 *
 * <pre>
 * block   = header section* footer trailer
 * header  = magic:4 "TRBK"  version:4 = 2  kind:4  crc32c:4 (of the 12 bytes before)
 * footer  = name:string count:varint ( id:varint offset:varint length:varint crc32c:4 )*
 * trailer = footerLength:4  crc32c of footer:4  magic:4 "TRBE"
 * </pre>
 *
 * A section's checksum covers its bytes. A section that is read in pieces consists of pages, each
 * of which ends with its own CRC32C; where pages begin is said by an index section.
 */
final class BlockFormat {
  static final int MAGIC = 0x4b425254;
  static final int END_MAGIC = 0x45425254;

  /** With the object's name in the footer. */
  static final int VERSION = 2;

  /** Without a name. */
  static final int VERSION_1 = 1;

  static final int HEADER_SIZE = 16;
  static final int TRAILER_SIZE = 12;

  /** Bytes of a page's own checksum. */
  static final int PAGE_CRC_SIZE = 4;

  private BlockFormat() {}
}
