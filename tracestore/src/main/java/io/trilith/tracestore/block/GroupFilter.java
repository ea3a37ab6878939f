package io.trilith.tracestore.block;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.ValueTest;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Answers filters for all rows of a group at once, by its columns. Not thread-safe. */
final class GroupFilter {
  private static final int PARTS_KNOWN = 256;
  private static final int CHUNK = 512;

  private final GroupColumns columns;

  GroupFilter(GroupColumns columns) {
    this.columns = columns;
  }

  /** The rows that pass; the set is the caller's. */
  BitSet rows(SpanFilter filter) {
    return switch (filter) {
      case SpanFilter.Any _ -> all(columns.rows());
      case SpanFilter.And and -> {
        BitSet rows = all(columns.rows());
        for (SpanFilter part : and.parts()) {
          if (rows.isEmpty()) {
            break;
          }
          rows.and(rows(part));
        }
        yield rows;
      }
      case SpanFilter.Or or -> {
        BitSet rows = new BitSet(columns.rows());
        or.parts().forEach(part -> rows.or(rows(part)));
        yield rows;
      }
      case SpanFilter.Test test -> test(test.field(), test.test());
    };
  }

  private static BitSet all(int rows) {
    BitSet all = new BitSet(rows);
    all.set(0, rows);
    return all;
  }

  private BitSet test(SpanField field, ValueTest test) {
    return switch (field.kind()) {
      case NAME -> texts(columns.texts(TraceBlockFormat.NAMES), test);
      case STATUS_MESSAGE -> texts(columns.texts(TraceBlockFormat.MESSAGES), test);
      case KIND -> packed(test, 8);
      case STATUS -> packed(test, 0);
      case DURATION -> {
        GroupEntry entry = columns.entry();
        yield test.within(entry.minDuration(), entry.maxDuration())
            ? numbers(columns.times(TraceBlockFormat.DURATIONS), test)
            : new BitSet(0);
      }
      case RESOURCE_ATTRIBUTE ->
          owners(columns.resources(), test, resource -> find(resource.attributes(), field.key()));
      case SCOPE_ATTRIBUTE ->
          owners(columns.scopes(), test, scope -> find(scope.attributes(), field.key()));
      case SCOPE_NAME ->
          owners(columns.scopes(), test, scope -> new AttributeValue.Text(scope.name()));
      case SCOPE_VERSION ->
          owners(columns.scopes(), test, scope -> new AttributeValue.Text(scope.version()));
      case SPAN_ATTRIBUTE -> attribute(TraceBlockFormat.OWNER_SPAN, field.key(), test);
      case EVENT_ATTRIBUTE ->
          spans(
              columns.counts(TraceBlockFormat.EVENT_COUNTS),
              test,
              () -> attribute(TraceBlockFormat.OWNER_EVENT, field.key(), test));
      case LINK_ATTRIBUTE ->
          spans(
              columns.counts(TraceBlockFormat.LINK_COUNTS),
              test,
              () -> attribute(TraceBlockFormat.OWNER_LINK, field.key(), test));
      case EVENT_NAME -> {
        GroupColumns.Counts counts = columns.counts(TraceBlockFormat.EVENT_COUNTS);
        yield spans(
            counts,
            test,
            () -> texts(columns.texts(TraceBlockFormat.EVENT_NAMES, counts.total()), test));
      }
    };
  }

  private static @Nullable AttributeValue find(Attributes attributes, String key) {
    return attributes.find(key);
  }

  /** Each text of the table is asked once. */
  private static BitSet texts(Texts texts, ValueTest test) {
    boolean[] passing = new boolean[texts.size()];
    int count = 0;
    for (int i = 0; i < passing.length; i++) {
      passing[i] = test.text(texts.bytes(), texts.start(i), texts.end(i));
      count += passing[i] ? 1 : 0;
    }
    return spread(passing, count, texts.numbers());
  }

  /** The rows whose number is one of those that pass. */
  private static BitSet spread(boolean[] passing, int count, Longs numbers) {
    if (count == 0) {
      return new BitSet(0);
    }
    int rows = numbers.count();
    if (count == passing.length) {
      return all(rows);
    }
    long[] words = new long[(rows + 63) >>> 6];
    long[] chunk = new long[CHUNK];
    for (int from = 0; from < rows; from += CHUNK) {
      int here = Math.min(CHUNK, rows - from);
      numbers.unpack(from, here, chunk);
      for (int i = 0; i < here; i++) {
        int row = from + i;
        words[row >>> 6] |= passing[(int) chunk[i]] ? 1L << row : 0;
      }
    }
    return BitSet.valueOf(words);
  }

  /** Kind and status share a column; few numbers are asked, each once. */
  private BitSet packed(ValueTest test, int shift) {
    Longs kinds = columns.longs(TraceBlockFormat.KINDS);
    byte[] known = new byte[PARTS_KNOWN];
    long[] words = new long[(kinds.count() + 63) >>> 6];
    long[] chunk = new long[CHUNK];
    for (int from = 0; from < kinds.count(); from += CHUNK) {
      int here = Math.min(CHUNK, kinds.count() - from);
      kinds.unpack(from, here, chunk);
      for (int i = 0; i < here; i++) {
        long part = part(chunk[i], shift);
        boolean passes;
        if (part < 0 || part >= PARTS_KNOWN) {
          passes = test.number(part);
        } else {
          if (known[(int) part] == 0) {
            known[(int) part] = (byte) (test.number(part) ? 1 : 2);
          }
          passes = known[(int) part] == 1;
        }
        int row = from + i;
        words[row >>> 6] |= passes ? 1L << row : 0;
      }
    }
    return BitSet.valueOf(words);
  }

  static long part(long kind, int shift) {
    return shift == 0 ? kind & 0xff : (int) (kind >> shift);
  }

  private static BitSet numbers(Longs numbers, ValueTest test) {
    int width = numbers.width();
    boolean known = width < 63 && numbers.min() + ((1L << width) - 1) >= numbers.min();
    if (known && !test.within(numbers.min(), numbers.min() + ((1L << width) - 1))) {
      return new BitSet(0);
    }
    long[] words = new long[(numbers.count() + 63) >>> 6];
    long[] chunk = new long[CHUNK];
    for (int from = 0; from < numbers.count(); from += CHUNK) {
      int here = Math.min(CHUNK, numbers.count() - from);
      numbers.unpack(from, here, chunk);
      for (int i = 0; i < here; i++) {
        int row = from + i;
        words[row >>> 6] |= test.number(chunk[i]) ? 1L << row : 0;
      }
    }
    return BitSet.valueOf(words);
  }

  private static <T> BitSet owners(
      GroupColumns.Owners<T> owners, ValueTest test, Function<T, @Nullable AttributeValue> value) {
    boolean[] passing = new boolean[owners.owners().size()];
    int count = 0;
    for (int i = 0; i < passing.length; i++) {
      AttributeValue found = value.apply(owners.owners().get(i));
      passing[i] = found == null ? test.missing() : test.test(found);
      count += passing[i] ? 1 : 0;
    }
    return spread(passing, count, owners.rows());
  }

  /** Values of a dense column that pass. */
  private static BitSet values(Values values, ValueTest test) {
    return switch (values.type()) {
      case TraceBlockFormat.TYPE_TEXT -> texts(values.texts(), test);
      case TraceBlockFormat.TYPE_INT -> numbers(values.numbers(), test);
      default -> {
        BitSet found = new BitSet(values.count());
        for (int i = 0; i < values.count(); i++) {
          found.set(i, each(values, i, test));
        }
        yield found;
      }
    };
  }

  private static boolean each(Values values, int at, ValueTest test) {
    return switch (values.type()) {
      case TraceBlockFormat.TYPE_REAL ->
          test.real(Double.longBitsToDouble(values.numbers().get(at)));
      case TraceBlockFormat.TYPE_BOOL -> test.bool(values.numbers().get(at) != 0);
      default -> test.other(values.value(at));
    };
  }

  /** The rows of the owner whose attribute passes; the first one where a key is there twice. */
  private BitSet attribute(int owner, String key, ValueTest test) {
    KeyPlaces places = KeyPlaces.of(columns, owner, key);
    if (places.isEmpty()) {
      return test.missing() ? all(columns.ownerRows(owner)) : new BitSet(0);
    }
    BitSet[] passing = new BitSet[places.columns()];
    boolean any = test.missing();
    for (int i = 0; i < passing.length; i++) {
      passing[i] = values(columns.values(owner, places.column(i)), test);
      any |= !passing[i].isEmpty();
    }
    if (!any) {
      return new BitSet(0);
    }
    return places.rows(passing, test.missing());
  }

  /** Finds rows of events or links. */
  private interface Rows {
    BitSet find();
  }

  /** Of rows of events or links the spans they belong to. */
  private BitSet spans(GroupColumns.Counts counts, ValueTest test, Rows passing) {
    BitSet rows = counts.total() == 0 ? new BitSet(0) : passing.find();
    BitSet found = new BitSet(columns.rows());
    if (rows.isEmpty() && !test.missing()) {
      return found;
    }
    for (int row = 0; row < columns.rows(); row++) {
      int first = counts.first(row);
      int end = counts.end(row);
      if (first == end) {
        found.set(row, test.missing());
      } else {
        int next = rows.nextSetBit(first);
        found.set(row, next >= 0 && next < end);
      }
    }
    return found;
  }

  /** All filters' answers per trace: bit i says that a span passes the i-th one. */
  long[] masks(List<SpanFilter> filters) {
    TracePlaces places = columns.places();
    long[] masks = new long[places.size()];
    for (int i = 0; i < filters.size(); i++) {
      BitSet rows = rows(filters.get(i));
      int trace = 0;
      for (int row = rows.nextSetBit(0); row >= 0; ) {
        while (places.endRow(trace) <= row) {
          trace++;
        }
        masks[trace] |= 1L << i;
        row = rows.nextSetBit(places.endRow(trace));
      }
    }
    return masks;
  }
}
