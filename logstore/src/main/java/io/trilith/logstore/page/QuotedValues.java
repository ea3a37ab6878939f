package io.trilith.logstore.page;

import java.util.HashMap;
import java.util.Map;

/**
 * Learns for each place of a template where a quoted value stands how it is stored best: whole when
 * its values are few or have little in common, split as the line is when they are many of a few
 * templates. What is learnt changes sizes, never content. Not thread-safe.
 */
final class QuotedValues {
  /** Takes no value out whole. */
  static final QuotedValues NONE = new QuotedValues(0);

  private static final int PLACES_MAX = 1 << 14;
  private static final int VALUES = 48;
  private static final int TEMPLATES = 12;

  private final int placesMax;
  private final Map<Long, Place> places = new HashMap<>();

  QuotedValues() {
    this(PLACES_MAX);
  }

  private QuotedValues(int placesMax) {
    this.placesMax = placesMax;
  }

  private static final class Place {
    final long[] values = new long[VALUES];
    final long[] templates = new long[TEMPLATES];
    int valueCount;
    int templateCount;
    boolean decided;
    boolean split;
  }

  boolean isWhole(long key, byte[] bytes, int from, int end) {
    Place place = places.get(key);
    if (place == null) {
      if (places.size() >= placesMax) {
        return placesMax > 0;
      }
      place = new Place();
      places.put(key, place);
    }
    if (!place.decided) {
      learn(place, bytes, from, end);
    }
    return !place.split;
  }

  private static void learn(Place place, byte[] bytes, int from, int end) {
    long value = Runs.hashAll(bytes, from, end);
    if (has(place.values, place.valueCount, value)) {
      return;
    }
    long template = LineSplitter.templateHash(bytes, from, end);
    if (!has(place.templates, place.templateCount, template)) {
      if (place.templateCount == TEMPLATES) {
        place.decided = true;
        return;
      }
      place.templates[place.templateCount++] = template;
    }
    if (place.valueCount == VALUES) {
      place.decided = true;
      place.split = true;
      return;
    }
    place.values[place.valueCount++] = value;
  }

  private static boolean has(long[] values, int count, long value) {
    for (int i = 0; i < count; i++) {
      if (values[i] == value) {
        return true;
      }
    }
    return false;
  }
}
