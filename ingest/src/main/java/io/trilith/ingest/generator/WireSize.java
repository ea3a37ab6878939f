package io.trilith.ingest.generator;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.columns.AttributeRow;
import io.trilith.tracestore.columns.AttributeShape;
import io.trilith.tracestore.columns.SpanView;
import io.trilith.tracestore.columns.TextView;
import java.nio.charset.StandardCharsets;

/** Bytes that a span takes as a protobuf message of OTLP, without its resource and scope. */
final class WireSize {
  private static final int FIXED64 = 9;
  private static final int FIXED32_HIGH = 6;

  private WireSize() {}

  static long of(BatchSpan span) {
    SpanView view = span.view();
    int row = span.row();
    long size = bytes(16) + bytes(8) + (span.parentId() == 0 ? 0 : bytes(8));
    size += text(view, view.states()[row]) + text(view, view.names()[row]) + number(span.kind());
    size += span.startNanos() == 0 ? 0 : FIXED64;
    size += view.end(row) == 0 ? 0 : FIXED64;
    size += attributes(view, SpanView.Owner.SPAN, row);
    for (int i = view.firstEvent(row); i < view.endEvent(row); i++) {
      size +=
          bytes(
              (view.eventTime(i) == 0 ? 0 : FIXED64)
                  + text(view, view.eventNames()[i])
                  + attributes(view, SpanView.Owner.EVENT, i)
                  + number(view.eventDropped(i)));
    }
    for (int i = view.firstLink(row); i < view.endLink(row); i++) {
      size += bytes(link(view, i));
    }
    Span.Dropped dropped = view.dropped(row);
    size += number(dropped.attributes()) + number(dropped.events()) + number(dropped.links());
    size += bytes(text(view, view.messages()[row]) + number(span.status()));
    return size + (view.flags()[row] == 0 ? 0 : FIXED32_HIGH);
  }

  private static long link(SpanView view, int link) {
    return ((view.linkId(link, 0) | view.linkId(link, 1)) == 0 ? 0 : bytes(16))
        + (view.linkId(link, 2) == 0 ? 0 : bytes(8))
        + text(view, view.linkState(link))
        + attributes(view, SpanView.Owner.LINK, link)
        + number(view.linkDropped(link))
        + (view.linkFlags(link) == 0 ? 0 : FIXED32_HIGH - 1);
  }

  private static long attributes(SpanView view, SpanView.Owner owner, int row) {
    AttributeShape shape = view.shapes()[view.shapeNumbers(owner)[row]];
    int base = view.bases(owner)[row];
    TextView texts = view.texts();
    long size = 0;
    for (int i = 0; i < shape.size(); i++) {
      long word = view.values()[base + i];
      long value =
          switch (shape.types()[i]) {
            case AttributeRow.TEXT -> bytes(texts.length((int) word));
            case AttributeRow.INT -> 1L + varint(word);
            case AttributeRow.REAL -> FIXED64;
            case AttributeRow.BOOL -> 2;
            default -> of(view.other((int) word));
          };
      size += bytes(text(view, shape.keys()[i]) + bytes(value));
    }
    return size;
  }

  private static long attributes(Attributes attributes) {
    long size = 0;
    for (int i = 0; i < attributes.size(); i++) {
      size += bytes(text(attributes.key(i)) + bytes(of(attributes.value(i))));
    }
    return size;
  }

  private static long of(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Empty _ -> 0;
      case AttributeValue.Text text -> bytes(length(text.value()));
      case AttributeValue.Bool _ -> 2;
      case AttributeValue.Int number -> 1L + varint(number.value());
      case AttributeValue.Real _ -> FIXED64;
      case AttributeValue.Bytes bytes -> bytes(bytes.value().length);
      case AttributeValue.Items items -> {
        long size = 0;
        for (AttributeValue item : items.values()) {
          size += bytes(of(item));
        }
        yield bytes(size);
      }
      case AttributeValue.Entries entries -> bytes(attributes(entries.values()));
    };
  }

  /** A field of a low number that has this many bytes. */
  private static long bytes(long length) {
    return 1 + varint(length) + length;
  }

  private static long text(SpanView view, int text) {
    int length = view.texts().length(text);
    return length == 0 ? 0 : bytes(length);
  }

  private static long text(String text) {
    return text.isEmpty() ? 0 : bytes(length(text));
  }

  private static long length(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return text.getBytes(StandardCharsets.UTF_8).length;
      }
    }
    return text.length();
  }

  private static long number(int value) {
    return value == 0 ? 0 : 1L + varint(Integer.toUnsignedLong(value));
  }

  private static int varint(long value) {
    return (63 - Long.numberOfLeadingZeros(value | 1)) / 7 + 1;
  }
}
