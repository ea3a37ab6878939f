package io.trilith.tsdb.block;

/**
 * Sections of a metrics block, see {@code docs/formats/metric-block.md}.
 *
 * <pre>
 * CHUNKS    = page*                       a page holds the chunks of consecutive series, about 64 KiB
 * SERIES    = count pages series*
 * pages     = count (offset:varint length:varint)*
 * series    = labelCount (name:symbol value:symbol)* chunkCount chunk*
 * chunk     = kind:1 min:zigzag span:varint count:varint page:varint offset:varint length:varint
 * SYMBOLS   = count string*               sorted
 * POSTINGS  = nameCount ( name:symbol valueCount ( value:symbol length:varint roaring )* )*
 * EXEMPLARS = count ( series:varint labels value:8 time:zigzag )*
 * METADATA  = count ( metric:string type:1 unit:string help:string )*
 * </pre>
 */
final class MetricBlockFormat {
  static final int KIND = 0x4d425254;
  static final int CHUNKS = 1;
  static final int SERIES = 2;
  static final int SYMBOLS = 3;
  static final int POSTINGS = 4;
  static final int EXEMPLARS = 5;
  static final int METADATA = 6;

  /** A page is closed once it has this size. */
  static final int PAGE_SIZE = 64 << 10;

  private MetricBlockFormat() {}
}
