package io.trilith.tracestore.block;

import io.trilith.storage.block.BlockKind;
import java.util.Map;

/**
 * Sections of a trace block, see {@code docs/formats/trace-block.md}.
 *
 * <pre>
 * PAGES   = page*          the columns of one row group after the other; each page is Packed
 * GROUPS  = count:varint group*
 * FILTER  = blocks:varint (word:4)*8 per block      which traces may be here; may be missing
 * group   = spans:varint firstTraceId:16 lastTraceId:16 minStart:zigzag maxEnd:varint(after minStart)
 *           minDuration:varint maxDuration:varint count:varint column*
 * column  = code:varint [owner:varint type:varint key:string]  offset:varint length:varint
 * numbers = min:zigzag width:1 packed                 values less min
 * texts   = count:varint string*  numbers             numbers in the table before
 * </pre>
 *
 * The square brackets stand for attribute columns, whose code is ATTRIBUTE. A row group holds spans
 * ordered by trace id, then start; its TRACES column says how many rows each trace has.
 */
final class TraceBlockFormat {
  static final int PAGES = 1;
  static final int GROUPS = 2;
  static final int ID_FILTER = 3;

  /** Spans of a row group; what a query holds of one block at a time. */
  static final int GROUP_SPANS = 1 << 14;

  /** A row group ends sooner when its values and distinct texts take this many bytes. */
  static final int GROUP_BYTES = 16 << 20;

  static final int ATTRIBUTE = 0;
  static final int TRACES = 1;
  static final int SPAN_IDS = 2;
  static final int PARENTS = 3;
  static final int STARTS = 4;
  static final int DURATIONS = 5;
  static final int KINDS = 6;
  static final int NAMES = 7;
  static final int STATES = 8;
  static final int MESSAGES = 9;
  static final int FLAGS = 10;
  static final int RESOURCES = 11;
  static final int SCOPES = 12;
  static final int DROPPED = 13;
  static final int EVENT_COUNTS = 14;
  static final int EVENT_TIMES = 15;
  static final int EVENT_NAMES = 16;
  static final int EVENT_DROPPED = 17;
  static final int LINK_COUNTS = 18;
  static final int LINK_IDS = 19;
  static final int LINK_STATES = 20;
  static final int LINK_FLAGS = 21;
  static final int LINK_DROPPED = 22;

  /** Only where a span of the group ends before it starts; its duration is 0. */
  static final int EARLY_ENDS = 23;

  /** Shapes of the attributes of an owner: this plus the owner. */
  static final int SHAPES = 32;

  static final int OWNER_SPAN = 0;
  static final int OWNER_EVENT = 1;
  static final int OWNER_LINK = 2;

  static final int TYPE_TEXT = 0;
  static final int TYPE_INT = 1;
  static final int TYPE_REAL = 2;
  static final int TYPE_BOOL = 3;
  static final int TYPE_OTHER = 4;

  private static final String[] OWNERS = {"span", "event", "link"};
  private static final String[] CODES = {
    "attribute",
    "traces",
    "span ids",
    "parents",
    "starts",
    "durations",
    "kinds",
    "names",
    "states",
    "messages",
    "flags",
    "resources",
    "scopes",
    "dropped",
    "event counts",
    "event times",
    "event names",
    "event dropped",
    "link counts",
    "link ids",
    "link states",
    "link flags",
    "link dropped",
    "early ends"
  };

  static final BlockKind KIND =
      new BlockKind(0x54425254, Map.of(PAGES, "pages", GROUPS, "groups", ID_FILTER, "id filter"));

  private TraceBlockFormat() {}

  /** What people call a column. */
  static String text(GroupEntry.Column column) {
    int code = column.code();
    if (code == ATTRIBUTE) {
      return OWNERS[column.owner()] + "." + column.key();
    }
    int owner = code - SHAPES;
    if (owner >= 0 && owner < OWNERS.length) {
      return OWNERS[owner] + " shapes";
    }
    return code > 0 && code < CODES.length ? CODES[code] : "column " + code;
  }
}
