package io.trilith.ingest;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;

/** The items of one request that were refused, and why the first was. Not thread-safe. */
public final class Rejections {
  private static final int SHOWN_MAX = 100;

  private final Map<String, Long> byReason = new TreeMap<>();
  private long total;
  private String first = "";

  /**
   * Counts refused items.
   *
   * @param reason a fixed word for the own metrics
   * @param message for the user; the first one is kept
   */
  public void add(String reason, long items, String message) {
    if (first.isEmpty()) {
      first = message;
    }
    total += items;
    byReason.merge(reason, items, Long::sum);
  }

  public boolean isEmpty() {
    return first.isEmpty();
  }

  public long total() {
    return total;
  }

  /** Items refused for a reason. */
  public long count(String reason) {
    return byReason.getOrDefault(reason, 0L);
  }

  /** The first message, and how many items were refused in all. */
  public String message() {
    return total <= 1 ? first : first + " (" + total + " items refused)";
  }

  void forEach(ObjLongConsumer<String> counts) {
    byReason.forEach(counts::accept);
  }

  /** A name from outside, short and without control characters, in quotes. */
  public static String quoted(String name) {
    StringBuilder text = new StringBuilder("'");
    for (int i = 0; i < name.length() && i < SHOWN_MAX; i++) {
      char c = name.charAt(i);
      text.append(c < ' ' || c == 0x7f ? '?' : c);
    }
    return text.append(name.length() > SHOWN_MAX ? "…'" : "'").toString();
  }
}
