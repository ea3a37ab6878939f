package io.trilith.tracestore.block;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.SpanField;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The value of a field for any row of a group. */
interface FieldValues {
  @Nullable AttributeValue of(int row);

  /** Of a field that a span has at most one of. */
  static FieldValues of(GroupColumns columns, SpanField field) {
    return switch (field.kind()) {
      case NAME -> texts(columns.texts(TraceBlockFormat.NAMES));
      case STATUS_MESSAGE -> texts(columns.texts(TraceBlockFormat.MESSAGES));
      case KIND -> {
        Longs kinds = columns.longs(TraceBlockFormat.KINDS);
        yield row -> new AttributeValue.Int(GroupFilter.part(kinds.get(row), 8));
      }
      case STATUS -> {
        Longs kinds = columns.longs(TraceBlockFormat.KINDS);
        yield row -> new AttributeValue.Int(GroupFilter.part(kinds.get(row), 0));
      }
      case DURATION -> {
        Longs durations = columns.times(TraceBlockFormat.DURATIONS);
        yield row -> new AttributeValue.Int(durations.get(row));
      }
      case RESOURCE_ATTRIBUTE -> {
        var resources = columns.resources();
        yield owners(resources, resource -> resource.attributes().find(field.key()));
      }
      case SCOPE_ATTRIBUTE -> {
        var scopes = columns.scopes();
        yield owners(scopes, scope -> scope.attributes().find(field.key()));
      }
      case SCOPE_NAME -> {
        var scopes = columns.scopes();
        yield row -> new AttributeValue.Text(scopes.of(row).name());
      }
      case SCOPE_VERSION -> {
        var scopes = columns.scopes();
        yield row -> new AttributeValue.Text(scopes.of(row).version());
      }
      case SPAN_ATTRIBUTE -> attribute(columns, field.key());
      case EVENT_ATTRIBUTE, LINK_ATTRIBUTE, EVENT_NAME ->
          throw new IllegalArgumentException(field + " may be there several times");
    };
  }

  /** Looked up once per owner. */
  private static <T> FieldValues owners(
      GroupColumns.Owners<T> owners, Function<T, @Nullable AttributeValue> value) {
    @Nullable AttributeValue[] found = new AttributeValue[owners.owners().size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = value.apply(owners.owners().get(i));
    }
    return row -> found[(int) owners.rows().get(row)];
  }

  private static FieldValues texts(Texts texts) {
    return row -> texts.value(texts.number(row));
  }

  private static FieldValues attribute(GroupColumns columns, String key) {
    KeyPlaces places = KeyPlaces.of(columns, TraceBlockFormat.OWNER_SPAN, key);
    if (places.isEmpty()) {
      return _ -> null;
    }
    Values[] values = new Values[places.columns()];
    for (int i = 0; i < values.length; i++) {
      values[i] = columns.values(TraceBlockFormat.OWNER_SPAN, places.column(i));
    }
    int[] columnOf = new int[columns.rows()];
    int[] positions = new int[columns.rows()];
    Arrays.fill(columnOf, -1);
    places.forEach(
        (row, column, position) -> {
          columnOf[row] = column;
          positions[row] = position;
        });
    return row -> columnOf[row] < 0 ? null : values[columnOf[row]].value(positions[row]);
  }
}
