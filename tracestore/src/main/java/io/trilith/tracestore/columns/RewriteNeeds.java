package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.nio.charset.StandardCharsets;

/** Whether a rewrite may change anything of some columns: looks, changes nothing. */
final class RewriteNeeds {
  private final SpanColumns columns;
  private final TextRewrite rewrite;

  RewriteNeeds(SpanColumns columns, TextRewrite rewrite) {
    this.columns = columns;
    this.rewrite = rewrite;
  }

  boolean any() {
    return texts() || owners() || values();
  }

  private boolean texts() {
    TextTable texts = columns.texts;
    for (int i = 0; i < texts.size(); i++) {
      if (rewrite.mayChange(texts.bytes(), texts.start(i), texts.end(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean owners() {
    for (Span.Resource resource : columns.resources.values()) {
      if (attributes(resource.attributes())) {
        return true;
      }
    }
    for (Span.Scope scope : columns.scopes.values()) {
      if (attributes(scope.attributes()) || text(scope.name())) {
        return true;
      }
    }
    return false;
  }

  /** Numbers: those of rows, and those inside of values that are texts here. */
  private boolean values() {
    ColumnTable spans = columns.spans;
    ColumnTable events = columns.events;
    ColumnTable links = columns.links;
    return rows(spans.ints[SpanColumns.SHAPE], spans.ints[SpanColumns.BASE])
        || rows(events.ints[SpanColumns.EVENT_SHAPE], events.ints[SpanColumns.EVENT_BASE])
        || rows(links.ints[SpanColumns.LINK_SHAPE], links.ints[SpanColumns.LINK_BASE]);
  }

  private boolean rows(IntList shapes, IntList bases) {
    boolean[] numbered = new boolean[columns.shapes.size()];
    for (int i = 0; i < numbered.length; i++) {
      byte[] types = columns.shapes.get(i).types();
      for (byte type : types) {
        numbered[i] |= type == AttributeRow.INT || type == AttributeRow.OTHER;
      }
    }
    long[] values = columns.values.array();
    for (int row = 0; row < shapes.size(); row++) {
      int shape = shapes.get(row);
      if (numbered[shape] && row(columns.shapes.get(shape).types(), values, bases.get(row))) {
        return true;
      }
    }
    return false;
  }

  private boolean row(byte[] types, long[] values, int base) {
    for (int i = 0; i < types.length; i++) {
      long value = values[base + i];
      if ((types[i] == AttributeRow.INT && rewrite.mayChange(value))
          || (types[i] == AttributeRow.OTHER && value(SpanCopy.decoded(columns, (int) value)))) {
        return true;
      }
    }
    return false;
  }

  private boolean attributes(Attributes attributes) {
    for (int i = 0; i < attributes.size(); i++) {
      if (text(attributes.key(i)) || value(attributes.value(i))) {
        return true;
      }
    }
    return false;
  }

  private boolean value(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text(String text) -> text(text);
      case AttributeValue.Int(long number) -> rewrite.mayChange(number);
      case AttributeValue.Items items -> items.values().stream().anyMatch(this::value);
      case AttributeValue.Entries(Attributes entries) -> attributes(entries);
      case AttributeValue.Bytes _,
          AttributeValue.Real _,
          AttributeValue.Bool _,
          AttributeValue.Empty _ ->
          false;
    };
  }

  private boolean text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return rewrite.mayChange(bytes, 0, bytes.length);
  }
}
