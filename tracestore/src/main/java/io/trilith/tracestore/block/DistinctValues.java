package io.trilith.tracestore.block;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.SpanField;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The values of a field in a row group, from tables where there are any. Not thread-safe. */
final class DistinctValues {
  private final GroupColumns columns;
  private final Consumer<AttributeValue> to;

  DistinctValues(GroupColumns columns, Consumer<AttributeValue> to) {
    this.columns = columns;
    this.to = to;
  }

  void visit(SpanField field) {
    switch (field.kind()) {
      case NAME -> texts(columns.texts(TraceBlockFormat.NAMES));
      case STATUS_MESSAGE -> texts(columns.texts(TraceBlockFormat.MESSAGES));
      case KIND -> kinds(8);
      case STATUS -> kinds(0);
      case DURATION -> numbers(columns.times(TraceBlockFormat.DURATIONS));
      case RESOURCE_ATTRIBUTE ->
          columns
              .resources()
              .owners()
              .forEach(resource -> one(resource.attributes().find(field.key())));
      case SCOPE_ATTRIBUTE ->
          columns.scopes().owners().forEach(scope -> one(scope.attributes().find(field.key())));
      case SCOPE_NAME ->
          columns
              .scopes()
              .owners()
              .forEach(scope -> to.accept(new AttributeValue.Text(scope.name())));
      case SCOPE_VERSION ->
          columns
              .scopes()
              .owners()
              .forEach(scope -> to.accept(new AttributeValue.Text(scope.version())));
      case SPAN_ATTRIBUTE -> attribute(TraceBlockFormat.OWNER_SPAN, field.key());
      case EVENT_ATTRIBUTE -> attribute(TraceBlockFormat.OWNER_EVENT, field.key());
      case LINK_ATTRIBUTE -> attribute(TraceBlockFormat.OWNER_LINK, field.key());
      case EVENT_NAME -> {
        int total = columns.counts(TraceBlockFormat.EVENT_COUNTS).total();
        if (total > 0) {
          texts(columns.texts(TraceBlockFormat.EVENT_NAMES, total));
        }
      }
    }
  }

  private void one(@Nullable AttributeValue value) {
    if (value != null) {
      to.accept(value);
    }
  }

  private void texts(Texts texts) {
    for (int i = 0; i < texts.size(); i++) {
      to.accept(texts.value(i));
    }
  }

  private void kinds(int shift) {
    Longs kinds = columns.longs(TraceBlockFormat.KINDS);
    long[] parts = new long[kinds.count()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = GroupFilter.part(kinds.get(i), shift);
    }
    distinct(parts);
  }

  private void numbers(Longs numbers) {
    long[] values = new long[numbers.count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i);
    }
    distinct(values);
  }

  private void distinct(long[] values) {
    Arrays.sort(values);
    for (int i = 0; i < values.length; i++) {
      if (i == 0 || values[i] != values[i - 1]) {
        to.accept(new AttributeValue.Int(values[i]));
      }
    }
  }

  private void attribute(int owner, String key) {
    KeyPlaces places = KeyPlaces.of(columns, owner, key);
    for (int i = 0; i < places.columns(); i++) {
      Values values = columns.values(owner, places.column(i));
      switch (values.type()) {
        case TraceBlockFormat.TYPE_TEXT -> texts(values.texts());
        case TraceBlockFormat.TYPE_INT -> numbers(values.numbers());
        default -> {
          for (int k = 0; k < values.count(); k++) {
            to.accept(values.value(k));
          }
        }
      }
    }
  }
}
