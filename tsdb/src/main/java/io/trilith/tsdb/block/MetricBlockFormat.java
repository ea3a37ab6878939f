package io.trilith.tsdb.block;

import io.trilith.storage.block.BlockKind;
import java.util.Map;

/**
 * Sections of a metrics block, see {@code docs/formats/metric-block.md}.
 *
 * <pre>
 * DATA      = page*                        chunks of consecutive series, time columns, or aggregates
 * SERIES    = groupLength:varint* group*   a group is 16 series
 * LABELS    = names shapes
 * POSTINGS  = list*                        in order of names and values
 * EXEMPLARS = packed
 * METADATA  = packed
 * LAYOUT    = version:varint = 3 counts pages columns
 * AGGREGATES = resolutions                 where the records of each series are
 * </pre>
 */
final class MetricBlockFormat {
  static final int VERSION = 3;

  /** Without aggregates; still read. */
  static final int VERSION_BEFORE = 2;

  static final int DATA = 1;
  static final int SERIES = 2;
  static final int LABELS = 3;
  static final int POSTINGS = 4;
  static final int EXEMPLARS = 5;
  static final int METADATA = 6;
  static final int LAYOUT = 7;
  static final int AGGREGATES = 8;

  // Kinds of pages; aggregates of the second resolution are one more than those of the first.
  static final int CHUNK_PAGE = 0;
  static final int TIMES_PAGE = 1;
  static final int AGGREGATES_PAGE = 2;
  static final int PAGE_KIND_BITS = 2;
  static final int RESOLUTIONS_MAX = 2;

  /** A page of chunks is closed once it has this size. */
  static final int PAGE_SIZE = 32 << 10;

  /** A page of time columns is closed once it has this size. */
  static final int TIMES_PAGE_SIZE = 16 << 10;

  /** Floats per chunk at most, when written. */
  static final int CHUNK_SAMPLES = 480;

  /** Native histograms per chunk at most, when written. */
  static final int CHUNK_HISTOGRAMS = 60;

  /** Samples per chunk at most, when read. */
  static final int CHUNK_SAMPLES_MAX = 1 << 16;

  /** Series that are found by stepping from the first of their group. */
  static final int GROUP = 16;

  /** Values of a label from one that is written whole to the next. */
  static final int RESTART = 16;

  /** Labels of a series at most whose changes are told by a mask; others are told in full. */
  static final int MASK_LABELS = 60;

  // Flags of a chunk.
  static final int HISTOGRAMS = 1;
  static final int HAS_STARTS = 2;
  static final int FLAG_BITS = 2;

  static final BlockKind KIND =
      new BlockKind(
          0x4d425254,
          Map.of(
              DATA,
              "data",
              SERIES,
              "series",
              LABELS,
              "labels",
              POSTINGS,
              "postings",
              EXEMPLARS,
              "exemplars",
              METADATA,
              "metadata",
              LAYOUT,
              "layout",
              AGGREGATES,
              "aggregates"));

  private MetricBlockFormat() {}
}
