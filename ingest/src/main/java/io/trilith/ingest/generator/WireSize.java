package io.trilith.ingest.generator;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.nio.charset.StandardCharsets;

/** Bytes that a span takes as a protobuf message of OTLP, without its resource and scope. */
final class WireSize {
  private static final int FIXED64 = 9;
  private static final int FIXED32_HIGH = 6;

  private WireSize() {}

  static long of(Span span) {
    long size = bytes(16) + bytes(8) + (span.parentId() == 0 ? 0 : bytes(8));
    size += text(span.traceState()) + text(span.name()) + number(span.kind());
    size += span.startNanos() == 0 ? 0 : FIXED64;
    size += span.endNanos() == 0 ? 0 : FIXED64;
    size += attributes(span.attributes());
    for (Span.Event event : span.events()) {
      size +=
          bytes(
              (event.timeNanos() == 0 ? 0 : FIXED64)
                  + text(event.name())
                  + attributes(event.attributes())
                  + number(event.droppedAttributes()));
    }
    for (Span.Link link : span.links()) {
      size += bytes(link(link));
    }
    Span.Dropped dropped = span.dropped();
    size += number(dropped.attributes()) + number(dropped.events()) + number(dropped.links());
    size += bytes(text(span.status().message()) + number(span.status().code()));
    return size + (span.flags() == 0 ? 0 : FIXED32_HIGH);
  }

  private static long link(Span.Link link) {
    TraceId id = link.traceId();
    return (id.isZero() ? 0 : bytes(16))
        + (link.spanId() == 0 ? 0 : bytes(8))
        + text(link.traceState())
        + attributes(link.attributes())
        + number(link.droppedAttributes())
        + (link.flags() == 0 ? 0 : FIXED32_HIGH - 1);
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

  /** A field of a low number that has so many bytes. */
  private static long bytes(long length) {
    return 1 + varint(length) + length;
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
