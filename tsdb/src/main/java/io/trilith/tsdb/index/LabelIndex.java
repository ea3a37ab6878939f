package io.trilith.tsdb.index;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
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
  private final Map<String, TreeMap<String, RoaringBitmap>> names = new TreeMap<>();
  private final RoaringBitmap all = new RoaringBitmap();

  /** Adds a series under the next number, or any number not added before. */
  public void add(int series, Labels labels) {
    all.add(series);
    for (int i = 0; i < labels.size(); i++) {
      names
          .computeIfAbsent(labels.name(i), name -> new TreeMap<>())
          .computeIfAbsent(labels.value(i), value -> new RoaringBitmap())
          .add(series);
    }
  }

  /** Puts in the postings of a pair as a whole, as a block has them. */
  public void put(String name, String value, RoaringBitmap postings) {
    names.computeIfAbsent(name, n -> new TreeMap<>()).put(value, postings);
    all.or(postings);
  }

  public Map<String, ? extends Map<String, RoaringBitmap>> names() {
    return names;
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
    TreeMap<String, RoaringBitmap> values = names.get(matcher.name());
    if (values == null) {
      return union;
    }
    if (accepted && matcher.op() == Matcher.Op.EQUAL) {
      RoaringBitmap only = values.get(matcher.value());
      return only == null ? union : only.clone();
    }
    for (Map.Entry<String, RoaringBitmap> value : values.entrySet()) {
      if (matcher.matches(value.getKey()) == accepted) {
        union.or(value.getValue());
      }
    }
    return union;
  }

  /** Adds the label names that any of the series has. */
  public void addNames(RoaringBitmap series, SortedSet<String> into) {
    for (Map.Entry<String, TreeMap<String, RoaringBitmap>> name : names.entrySet()) {
      if (into.contains(name.getKey())) {
        continue;
      }
      for (RoaringBitmap postings : name.getValue().values()) {
        if (RoaringBitmap.intersects(postings, series)) {
          into.add(name.getKey());
          break;
        }
      }
    }
  }

  /** Adds the values of a label that any of the series has. */
  public void addValues(String name, RoaringBitmap series, SortedSet<String> into) {
    TreeMap<String, RoaringBitmap> values = names.get(name);
    if (values == null) {
      return;
    }
    for (Map.Entry<String, RoaringBitmap> value : values.entrySet()) {
      if (RoaringBitmap.intersects(value.getValue(), series)) {
        into.add(value.getKey());
      }
    }
  }
}
