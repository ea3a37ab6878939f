package io.trilith.logstore.block;

import io.trilith.storage.block.BlockKind;
import java.util.Map;

/**
 * Sections of a log block, see {@code docs/formats/log-block.md}.
 *
 * <pre>
 * PAGES     = page*                        each of one stream, in order of time
 * STREAMS   = 3:varint count:varint stream*          sorted by labels
 * stream    = labels pageCount:varint page*
 * page      = 1 summary filterLength:varint timesLength:varint headLength:varint length:varint
 *           | 2 summary filterLength:varint length:varint             a plain page, since version 3
 * summary   = min:zigzag span:varint count:varint lineBytes:varint
 * STREAMS_1 = count:varint stream*                   of version 1, in place of STREAMS
 * page      = min:zigzag span:varint count:varint lineBytes:varint offset:varint length:varint
 * SYMBOLS, POSTINGS                        see SymbolTable and LabelIndex
 * </pre>
 */
final class LogBlockFormat {
  static final int VERSION = 3;

  /** Has no plain pages; is read for ever. */
  static final int VERSION_2 = 2;

  static final int PAGES = 1;
  static final int STREAMS_1 = 2;
  static final int SYMBOLS = 3;
  static final int POSTINGS = 4;
  static final int STREAMS = 5;
  static final int SPLIT = 1;
  static final int PLAIN = 2;

  static final BlockKind KIND =
      new BlockKind(
          0x4c425254,
          Map.of(
              PAGES,
              "pages",
              STREAMS_1,
              "streams",
              SYMBOLS,
              "symbols",
              POSTINGS,
              "postings",
              STREAMS,
              "streams"));

  private LogBlockFormat() {}
}
