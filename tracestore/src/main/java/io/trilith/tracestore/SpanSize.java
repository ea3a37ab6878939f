package io.trilith.tracestore;

/** Bytes that spans take on the heap, roughly. */
public final class SpanSize {
  private static final int SPAN_BYTES = 220;
  private static final int ATTRIBUTE_BYTES = 64;

  private SpanSize() {}

  /** Of a span without its resource and scope, which spans share. */
  public static long of(Span span) {
    long size = SPAN_BYTES + span.name().length() + of(span.attributes());
    for (Span.Event event : span.events()) {
      size += ATTRIBUTE_BYTES + event.name().length() + of(event.attributes());
    }
    for (Span.Link link : span.links()) {
      size += ATTRIBUTE_BYTES + of(link.attributes());
    }
    return size;
  }

  public static long of(Attributes attributes) {
    long size = 0;
    for (int i = 0; i < attributes.size(); i++) {
      size += ATTRIBUTE_BYTES + attributes.key(i).length() + of(attributes.value(i));
    }
    return size;
  }

  private static long of(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text text -> text.value().length();
      case AttributeValue.Bytes bytes -> bytes.value().length;
      case AttributeValue.Items items -> {
        long size = 0;
        for (AttributeValue item : items.values()) {
          size += ATTRIBUTE_BYTES + of(item);
        }
        yield size;
      }
      case AttributeValue.Entries entries -> of(entries.values());
      case AttributeValue.Empty _,
          AttributeValue.Bool _,
          AttributeValue.Int _,
          AttributeValue.Real _ ->
          0;
    };
  }
}
