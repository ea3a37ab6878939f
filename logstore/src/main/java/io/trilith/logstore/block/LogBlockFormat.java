package io.trilith.logstore.block;

/**
 * Sections of a log block, see {@code docs/formats/log-block.md}.
 *
 * <pre>
 * PAGES    = page*                        each of one stream, in order of time, see PageCodec
 * STREAMS  = count:varint stream*         sorted by labels
 * stream   = labels pageCount:varint page*
 * page     = min:zigzag span:varint count:varint lineBytes:varint offset:varint length:varint
 * SYMBOLS, POSTINGS                       see SymbolTable and LabelIndex
 * </pre>
 */
final class LogBlockFormat {
  static final int KIND = 0x4c425254;
  static final int PAGES = 1;
  static final int STREAMS = 2;
  static final int SYMBOLS = 3;
  static final int POSTINGS = 4;

  private LogBlockFormat() {}
}
