package io.trilith.storage.index;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/**
 * Postings: for each label name and value the numbers of the series that have it. Not thread-safe
 * while series are added.
 */
public final class LabelIndex {
  private final Map<String, LabelValues> names = new TreeMap<>();
  private final RoaringBitmap all = new RoaringBitmap();

  /** Adds a series under the next number, or any number not added before. */
  public void add(int series, Labels labels) {
    all.add(series);
    for (int i = 0; i < labels.size(); i++) {
      names
          .computeIfAbsent(labels.name(i), name -> new LabelValues())
          .postings(labels.value(i))
          .add(series);
    }
  }

  /** The series that satisfy all matchers; the caller owns the answer. */
  public RoaringBitmap find(List<Matcher> matchers) {
    RoaringBitmap found = null;
    List<Matcher> excluding = new ArrayList<>();
    for (Matcher matcher : matchers) {
      if (matcher.matches("")) {
        excluding.add(matcher);
        continue;
      }
      RoaringBitmap matching = union(matcher, true);
      if (found == null) {
        found = matching;
      } else {
        found.and(matching);
      }
      if (found.isEmpty()) {
        return found;
      }
    }
    RoaringBitmap result = found == null ? all.clone() : found;
    // A matcher that accepts the empty value accepts series without the label: take away those that
    // fail it.
    for (Matcher matcher : excluding) {
      result.andNot(union(matcher, false));
    }
    return result;
  }

  private RoaringBitmap union(Matcher matcher, boolean accepted) {
    RoaringBitmap union = new RoaringBitmap();
    LabelValues values = names.get(matcher.name());
    if (values == null) {
      return union;
    }
    if (accepted && matcher.op() == Matcher.Op.EQUAL) {
      RoaringBitmap only = values.byValue().get(matcher.value());
      return only == null ? union : only.clone();
    }
    values.addMatching(matcher, accepted, union);
    return union;
  }

  /** Adds the label names that any of the series has. */
  public void addNames(RoaringBitmap series, SortedSet<String> into) {
    for (Map.Entry<String, LabelValues> name : names.entrySet()) {
      if (into.contains(name.getKey())) {
        continue;
      }
      for (RoaringBitmap postings : name.getValue().byValue().values()) {
        if (RoaringBitmap.intersects(postings, series)) {
          into.add(name.getKey());
          break;
        }
      }
    }
  }

  /** Adds the values of a label that any of the series has. */
  public void addValues(String name, RoaringBitmap series, SortedSet<String> into) {
    LabelValues values = names.get(name);
    if (values == null) {
      return;
    }
    for (Map.Entry<String, RoaringBitmap> value : values.byValue().entrySet()) {
      if (RoaringBitmap.intersects(value.getValue(), series)) {
        into.add(value.getKey());
      }
    }
  }

  /**
   * Writes all postings.
   *
   * <pre>
   * postings = nameCount:varint ( name:varint valueCount:varint ( value:varint length:varint roaring )* )*
   * </pre>
   */
  public void write(SymbolTable symbols, ByteWriter out) {
    out.putVarint(names.size());
    names.forEach(
        (name, values) -> {
          out.putVarint(symbols.number(name));
          out.putVarint(values.byValue().size());
          values
              .byValue()
              .forEach(
                  (value, bitmap) -> {
                    out.putVarint(symbols.number(value));
                    bitmap.runOptimize();
                    ByteBuffer bytes = ByteBuffer.allocate(bitmap.serializedSizeInBytes());
                    bitmap.serialize(bytes);
                    out.putVarint(bytes.position());
                    out.putBytes(bytes.flip());
                  });
        });
  }

  /** Reads what {@link #write} wrote, of a block with this many series or streams. */
  public static LabelIndex read(ByteReader in, String[] symbols, int seriesCount) {
    LabelIndex index = new LabelIndex();
    for (int names = in.getCount(); names > 0; names--) {
      String name = symbols[in.getIndex(symbols.length)];
      for (int values = in.getCount(); values > 0; values--) {
        String value = symbols[in.getIndex(symbols.length)];
        RoaringBitmap bitmap = new RoaringBitmap();
        ByteBuffer bytes = in.slice(in.getCount());
        try {
          bitmap.deserialize(bytes);
        } catch (IOException | RuntimeException e) {
          throw in.corrupt(
              "postings of " + name + "=" + value + " are malformed: " + e.getMessage());
        }
        if (!bitmap.isEmpty() && Integer.compareUnsigned(bitmap.last(), seriesCount) >= 0) {
          throw in.corrupt(
              "postings of " + name + "=" + value + " name a series that is not there");
        }
        index.names.computeIfAbsent(name, n -> new LabelValues()).put(value, bitmap);
      }
    }
    index.all.add(0L, seriesCount);
    return index;
  }
}
