package io.trilith.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ObjLongConsumer;

/** The items of one request that were refused, and why the first was. Not thread-safe. */
public final class Rejections {
  /** The reason of items that the store finds too old or too far ahead. */
  public static final String OUTSIDE_RETENTION = "outside_retention";

  /** The reason of items that came faster than a tenant may send. */
  public static final String RATE_LIMITED = "rate_limited";

  private static final int SHOWN_MAX = 100;

  /** Kinds of which more is told than their number. */
  private static final int KINDS_MAX = 64;

  private final Map<String, Long> byReason = new TreeMap<>();
  private final List<Kind> kinds = new ArrayList<>();
  private long total;
  private String first = "";
  private String service = "";

  /** Items of one service that were refused for one reason; the name is of the first of them. */
  static final class Kind {
    private final String service;
    private final String reason;
    private final String name;
    private long items;

    private Kind(String service, String reason, String name) {
      this.service = service;
      this.reason = reason;
      this.name = name;
    }

    String service() {
      return service;
    }

    String reason() {
      return reason;
    }

    /** Of the metric, label or attribute; empty when there is none. */
    String name() {
      return name;
    }

    long items() {
      return items;
    }
  }

  /** Says whose the items are that follow: a service's name, empty when it is not known. */
  public void of(String nextService) {
    service = nextService;
  }

  /**
   * Counts refused items.
   *
   * @param reason a fixed word for the own metrics
   * @param message for the user; the first one is kept
   */
  public void add(String reason, long items, String message) {
    add(reason, items, "", message);
  }

  /**
   * As above.
   *
   * @param name of the metric, label or attribute that it is about, never a value
   */
  public void add(String reason, long items, String name, String message) {
    if (first.isEmpty()) {
      first = message;
    }
    total += items;
    byReason.merge(reason, items, Long::sum);
    kind(reason, name).items += items;
  }

  private Kind kind(String reason, String name) {
    for (Kind kind : kinds) {
      if (kind.reason.equals(reason) && kind.service.equals(service)) {
        return kind;
      }
    }
    boolean room = kinds.size() < KINDS_MAX;
    Kind made = new Kind(room ? service : "", reason, name);
    if (room) {
      kinds.add(made);
    }
    return made;
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

  /** What was refused, by service and reason. */
  List<Kind> kinds() {
    return kinds;
  }

  /** A name from outside, short and without control characters, in quotes. */
  public static String quoted(String name) {
    return "'" + shown(name) + "'";
  }

  /** A name from outside, short and without control characters. */
  static String shown(String name) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < name.length() && i < SHOWN_MAX; i++) {
      char c = name.charAt(i);
      text.append(c < ' ' || c == 0x7f ? '?' : c);
    }
    return text.append(name.length() > SHOWN_MAX ? "…" : "").toString();
  }
}
