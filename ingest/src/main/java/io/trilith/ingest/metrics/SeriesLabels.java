package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.model.Labels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects the labels of one series, then checks and sorts them. Reused from series to series. Not
 * thread-safe.
 */
final class SeriesLabels {
  private final LimitsConfig limits;
  private String[] pairs = new String[32];
  private int size;

  SeriesLabels(LimitsConfig limits) {
    this.limits = limits;
  }

  void clear() {
    size = 0;
  }

  void add(String name, String value) {
    if (size == pairs.length) {
      pairs = Arrays.copyOf(pairs, size * 2);
    }
    pairs[size++] = name;
    pairs[size++] = value;
  }

  /** The labels; null when they are refused, which is counted for this many items. */
  @Nullable Labels build(long items, Rejections rejections) {
    String reason = check();
    if (reason == null) {
      sort();
      reason = duplicate();
    }
    if (reason == null) {
      return Labels.ofSorted(withoutEmpty());
    }
    int colon = reason.indexOf(':');
    rejections.of(value("job"));
    rejections.add(
        reason.substring(0, colon), items, value(Labels.NAME), reason.substring(colon + 2));
    return null;
  }

  /** The name, for messages. */
  private String metric() {
    return Rejections.quoted(value(Labels.NAME));
  }

  private String value(String name) {
    for (int i = 0; i < size; i += 2) {
      if (pairs[i].equals(name)) {
        return pairs[i + 1];
      }
    }
    return "";
  }

  private @Nullable String check() {
    boolean named = false;
    if (size / 2 > limits.labelsPerSeriesMax()) {
      return "too_many_labels: series "
          + metric()
          + " has "
          + size / 2
          + " labels; limits.labels-per-series-max is "
          + limits.labelsPerSeriesMax();
    }
    for (int i = 0; i < size; i += 2) {
      if (pairs[i].isEmpty()) {
        return "invalid_label: series " + metric() + " has a label with an empty name";
      }
      if (tooLong(pairs[i], limits.labelNameMax())) {
        return "label_name_too_long: series "
            + metric()
            + " has a label name longer than limits.label-name-max of "
            + limits.labelNameMax()
            + " bytes (max_label_name_length): "
            + Rejections.quoted(pairs[i]);
      }
      if (tooLong(pairs[i + 1], limits.labelValueMax())) {
        return "label_value_too_long: the value of label "
            + Rejections.quoted(pairs[i])
            + " of series "
            + metric()
            + " is longer than limits.label-value-max of "
            + limits.labelValueMax()
            + " bytes (max_label_value_length)";
      }
      named |= pairs[i].equals(Labels.NAME) && !pairs[i + 1].isEmpty();
    }
    return named ? null : "missing_name: a series has no metric name (label __name__)";
  }

  private static boolean tooLong(String text, int bytesMax) {
    if (text.length() * 3L <= bytesMax) {
      return false;
    }
    int bytes = 0;
    for (int i = 0; i < text.length() && bytes <= bytesMax; i++) {
      char c = text.charAt(i);
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes > bytesMax;
  }

  /** Insertion sort: senders mostly sort already. */
  private void sort() {
    for (int i = 2; i < size; i += 2) {
      String name = pairs[i];
      String value = pairs[i + 1];
      int to = i;
      while (to > 0 && pairs[to - 2].compareTo(name) > 0) {
        pairs[to] = pairs[to - 2];
        pairs[to + 1] = pairs[to - 1];
        to -= 2;
      }
      pairs[to] = name;
      pairs[to + 1] = value;
    }
  }

  private @Nullable String duplicate() {
    for (int i = 2; i < size; i += 2) {
      if (pairs[i].equals(pairs[i - 2])) {
        return "duplicate_label: series "
            + metric()
            + " has the label "
            + Rejections.quoted(pairs[i])
            + " more than once";
      }
    }
    return null;
  }

  private String[] withoutEmpty() {
    String[] kept = new String[size];
    int at = 0;
    for (int i = 0; i < size; i += 2) {
      if (!pairs[i + 1].isEmpty()) {
        kept[at++] = pairs[i];
        kept[at++] = pairs[i + 1];
      }
    }
    return at == size ? kept : Arrays.copyOf(kept, at);
  }
}
