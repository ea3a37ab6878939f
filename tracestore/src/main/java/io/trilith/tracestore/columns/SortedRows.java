package io.trilith.tracestore.columns;

/**
 * Spans in the order of a block: by trace, start, id and kind.
 *
 * @param rows of the view; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SortedRows(SpanView view, int[] rows) {}
