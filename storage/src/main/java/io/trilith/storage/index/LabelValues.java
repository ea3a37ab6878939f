package io.trilith.storage.index;

import io.trilith.storage.model.Matcher;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/**
 * The values of one label with their postings. For regular expressions the values are also laid out
 * as a table, which is made when it is first needed and dropped when there is a new value. Readers
 * may share it while nothing is added.
 */
final class LabelValues {
  /** Fewer values than this are matched one by one. */
  private static final int TABLE_MIN = 64;

  private final TreeMap<String, RoaringBitmap> byValue = new TreeMap<>();
  private volatile @Nullable ValueTable table;

  SortedMap<String, RoaringBitmap> byValue() {
    return Collections.unmodifiableSortedMap(byValue);
  }

  /** Postings of a value, which is new when it was not there. */
  RoaringBitmap postings(String value) {
    RoaringBitmap known = byValue.get(value);
    if (known == null) {
      known = new RoaringBitmap();
      put(value, known);
    }
    return known;
  }

  void put(String value, RoaringBitmap postings) {
    byValue.put(value, postings);
    table = null;
  }

  /** Adds the postings of the values which a matcher accepts, or does not. */
  void addMatching(Matcher matcher, boolean accepted, RoaringBitmap union) {
    if (matcher.regex() == null || byValue.size() < TABLE_MIN) {
      for (Map.Entry<String, RoaringBitmap> value : byValue.entrySet()) {
        if (matcher.matches(value.getKey()) == accepted) {
          union.or(value.getValue());
        }
      }
      return;
    }
    ValueTable all = table();
    for (int ordinal : matcher.places(all, accepted)) {
      union.or(all.postings(ordinal));
    }
  }

  private ValueTable table() {
    ValueTable made = table;
    if (made == null) {
      made = new ValueTable(byValue);
      table = made;
    }
    return made;
  }
}
