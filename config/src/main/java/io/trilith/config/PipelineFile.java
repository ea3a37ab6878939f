package io.trilith.config;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The content of {@code pipeline.file}. Names may be written with dashes or underscores. */
public record PipelineFile(
    @Key(doc = "What is replaced in texts, rule by rule in this order.") List<Redact> redact,
    @Key(doc = "What becomes of metrics.") Metrics metrics,
    @Key(doc = "What becomes of logs.") Logs logs) {
  public PipelineFile {
    redact = List.copyOf(redact);
    long names = redact.stream().map(Redact::name).distinct().count();
    if (names < redact.size()) {
      throw new IllegalArgumentException("two rules under redact have the same name");
    }
    if (redact.size() > Redact.RULES_MAX) {
      throw new IllegalArgumentException(
          redact.size() + " rules under redact are more than " + Redact.RULES_MAX);
    }
  }

  /** Where a text can stand. */
  public enum Place {
    LINE,
    STRUCTURED_METADATA,
    LABELS,
    ATTRIBUTES,
    SPAN_NAME,
    STATUS_MESSAGE,
    EVENTS,
    EXEMPLARS,
    TRACESTATE;

    /** As in the file. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * A rule.
   *
   * @param in names of {@link Place}; empty for all
   */
  public record Redact(
      @Key(doc = "Name, in metrics and exclusions.") String name,
      @Key(doc = "card, email, or an RE2 expression that matches no empty text.") String find,
      @Key(
              doc =
                  "What is written instead; <hash> is the keyed hash of the first group, or of all, $1 a group.",
              value = "[redacted]")
          String replace,
      @Key(
              doc =
                  "Where: line, structured-metadata, labels, attributes, span-name, status-message, events, exemplars, tracestate. Empty: everywhere.")
          List<String> in,
      @Key(
              doc =
                  "Only in what has labels that match, such as {app=\"shop\"}; of traces, attributes of the resource.")
          String selector,
      @Key(doc = "Only for these tenants; a name may end with *.", value = "*")
          List<String> tenants,
      @Key(
              doc =
                  "File of expressions by rule, {rule: [expression, ...]}: what one of them matches stays.")
          String exclusionsFile) {
    static final int RULES_MAX = 64;

    public Redact {
      in = List.copyOf(in);
      tenants = List.copyOf(tenants);
      if (name.isEmpty() || find.isEmpty()) {
        throw new IllegalArgumentException("a rule needs name and find");
      }
      for (String place : in) {
        Place _ = place(place);
      }
    }

    /** The places of the rule. */
    public List<Place> places() {
      return in.isEmpty() ? List.of(Place.values()) : in.stream().map(Redact::place).toList();
    }

    private static Place place(String text) {
      for (Place place : Place.values()) {
        if (place.text().equals(text.replace('_', '-'))) {
          return place;
        }
      }
      throw new IllegalArgumentException("in: '" + text + "' is no place");
    }
  }

  /** Of metrics. */
  public record Metrics(
      @Key(doc = "Steps of Prometheus' relabel_config; series without labels are dropped.")
          List<RelabelConfig> relabel) {
    public Metrics {
      relabel = List.copyOf(relabel);
    }
  }

  /** Of logs. */
  public record Logs(
      @Key(doc = "Entries that are dropped.") List<Drop> drop,
      @Key(
              doc =
                  "Labels that streams keep; others become structured metadata. Empty: streams keep all.")
          List<String> labels) {
    public Logs {
      drop = List.copyOf(drop);
      labels = List.copyOf(labels);
    }
  }

  /** Entries that are dropped. */
  public record Drop(
      @Key(doc = "A LogQL log query: the streams and lines that are meant.") String selector,
      @Key(doc = "The share of them that stays, by a hash of the entry.", value = "0%")
          String keep) {
    public Drop {
      if (selector.isEmpty()) {
        throw new IllegalArgumentException("an item of drop needs a selector");
      }
      double _ = share(keep);
    }

    /** From 0 to 1. */
    public double kept() {
      return share(keep);
    }
  }

  /** A share such as {@code 10%} or {@code 0.5%}, from 0 to 1. */
  static double share(String text) {
    String number = text.endsWith("%") ? text.substring(0, text.length() - 1).strip() : "";
    boolean plain =
        !number.isEmpty() && number.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.');
    try {
      BigDecimal percent = new BigDecimal(plain ? number : "");
      if (percent.compareTo(BigDecimal.valueOf(100)) <= 0) {
        return percent.movePointLeft(2).doubleValue();
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is no share such as 10%", e);
    }
    throw new IllegalArgumentException("'" + text + "' is more than 100%");
  }

  /** Reads a file. Throws ConfigException with its lines. */
  public static PipelineFile read(Path file) {
    return ConfigReader.verbatim(PipelineFile.class, file);
  }

  /** Nothing is done. */
  public static PipelineFile empty() {
    return Binder.defaults(PipelineFile.class);
  }
}
