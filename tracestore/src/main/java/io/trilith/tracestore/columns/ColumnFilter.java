package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.SpanField;
import io.trilith.tracestore.SpanFilter;
import io.trilith.tracestore.ValueTest;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** Answers filters for all rows of a view, by its columns. Not thread-safe. */
public final class ColumnFilter {
  private static final int CODES = 256;

  private final SpanView view;

  public ColumnFilter(SpanView view) {
    this.view = view;
  }

  /** The rows that pass; the set is the caller's. */
  public BitSet rows(SpanFilter filter) {
    BitSet all = new BitSet(view.size());
    all.set(0, view.size());
    return rows(filter, all);
  }

  /** Of some rows those that pass; the set is not that of the rows. */
  private BitSet rows(SpanFilter filter, BitSet among) {
    return switch (filter) {
      case SpanFilter.Any _ -> (BitSet) among.clone();
      case SpanFilter.And and -> {
        BitSet rows = (BitSet) among.clone();
        for (SpanFilter part : and.parts()) {
          if (!rows.isEmpty()) {
            rows = rows(part, rows);
          }
        }
        yield rows;
      }
      case SpanFilter.Or or -> {
        BitSet rows = new BitSet(view.size());
        or.parts().forEach(part -> rows.or(rows(part, among)));
        yield rows;
      }
      case SpanFilter.Test test -> select(among, test(test.field(), test.test()));
    };
  }

  private static BitSet select(BitSet among, IntPredicate passes) {
    long[] words = among.toLongArray();
    for (int i = 0; i < words.length; i++) {
      long word = words[i];
      long left = 0;
      for (long rest = word; rest != 0; rest &= rest - 1) {
        int bit = Long.numberOfTrailingZeros(rest);
        left |= passes.test((i << 6) + bit) ? 1L << bit : 0;
      }
      words[i] = left;
    }
    return BitSet.valueOf(words);
  }

  private IntPredicate test(SpanField field, ValueTest test) {
    return switch (field.kind()) {
      case NAME -> numbered(view.names(), texts(test));
      case STATUS_MESSAGE -> numbered(view.messages(), texts(test));
      case KIND -> code(test, 8);
      case STATUS -> code(test, 0);
      case DURATION -> row -> test.number(view.duration(row));
      case RESOURCE_ATTRIBUTE ->
          owners(view.resources(), view.resourceNumbers(), of -> one(of.attributes(), field, test));
      case SCOPE_ATTRIBUTE ->
          owners(view.scopes(), view.scopeNumbers(), of -> one(of.attributes(), field, test));
      case SCOPE_NAME -> owners(view.scopes(), view.scopeNumbers(), of -> test.text(of.name()));
      case SCOPE_VERSION ->
          owners(view.scopes(), view.scopeNumbers(), of -> test.text(of.version()));
      case SPAN_ATTRIBUTE -> attribute(SpanView.Owner.SPAN, field.key(), test);
      case EVENT_ATTRIBUTE -> events(test, attribute(SpanView.Owner.EVENT, field.key(), test));
      case EVENT_NAME -> events(test, numbered(view.eventNames(), texts(test)));
      case LINK_ATTRIBUTE -> {
        IntPredicate passes = attribute(SpanView.Owner.LINK, field.key(), test);
        yield row -> any(view.firstLink(row), view.endLink(row), test, passes);
      }
    };
  }

  private IntPredicate events(ValueTest test, IntPredicate passes) {
    return row -> any(view.firstEvent(row), view.endEvent(row), test, passes);
  }

  private static boolean any(int first, int end, ValueTest test, IntPredicate passes) {
    if (first == end) {
      return test.missing();
    }
    for (int i = first; i < end; i++) {
      if (passes.test(i)) {
        return true;
      }
    }
    return false;
  }

  private static Boolean one(Attributes attributes, SpanField field, ValueTest test) {
    AttributeValue value = attributes.find(field.key());
    return value == null ? test.missing() : test.test(value);
  }

  private static <T> IntPredicate owners(List<T> owners, int[] numbers, Function<T, Boolean> test) {
    boolean[] passing = new boolean[owners.size()];
    for (int i = 0; i < passing.length; i++) {
      passing[i] = test.apply(owners.get(i));
    }
    return row -> passing[numbers[row]];
  }

  private static IntPredicate numbered(int[] numbers, IntPredicate texts) {
    return row -> texts.test(numbers[row]);
  }

  /** Each text is asked once, when a row has it. */
  private IntPredicate texts(ValueTest test) {
    TextView texts = view.texts();
    return known(
        texts.size(), text -> test.text(texts.bytes(), texts.start(text), texts.end(text)));
  }

  private static IntPredicate known(int count, IntPredicate test) {
    byte[] known = new byte[count];
    return i -> {
      if (known[i] == 0) {
        known[i] = (byte) (test.test(i) ? 1 : 2);
      }
      return known[i] == 1;
    };
  }

  /** Kind and status share a column; few numbers are asked, each once. */
  private IntPredicate code(ValueTest test, int shift) {
    int[] kinds = view.kinds();
    IntPredicate few = known(CODES, test::number);
    return row -> {
      int code = shift == 0 ? kinds[row] & 0xff : kinds[row] >> shift;
      boolean known = code >= 0 && code < CODES;
      return known ? few.test(code) : test.number(code);
    };
  }

  /** Rows of an owner whose attribute passes; the first one where a key is there twice. */
  private IntPredicate attribute(SpanView.Owner owner, String key, ValueTest test) {
    AttributeShape[] shapes = view.shapes();
    int[] places = new int[shapes.length];
    boolean any = false;
    for (int i = 0; i < places.length; i++) {
      places[i] = shapes[i].find(key);
      any |= places[i] >= 0;
    }
    if (!any) {
      return _ -> test.missing();
    }
    int[] numbers = view.shapeNumbers(owner);
    int[] bases = view.bases(owner);
    long[] values = view.values();
    IntPredicate texts = texts(test);
    IntPredicate others = known(view.texts().size(), text -> test.other(view.other(text)));
    boolean missing = test.missing();
    return row -> {
      int shape = numbers[row];
      int place = places[shape];
      if (place < 0) {
        return missing;
      }
      long word = values[bases[row] + place];
      return switch (shapes[shape].types()[place]) {
        case AttributeRow.TEXT -> texts.test((int) word);
        case AttributeRow.INT -> test.number(word);
        case AttributeRow.REAL -> test.real(Double.longBitsToDouble(word));
        case AttributeRow.BOOL -> test.bool(word != 0);
        default -> others.test((int) word);
      };
    };
  }
}
