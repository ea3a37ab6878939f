package io.trilith.rules.slo;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * A service level objective. Immutable.
 *
 * @param objective percent that is to be good, above 0 and below 100
 * @param minimumEvents alerts are silent while their window has fewer
 * @param labels of all its series and alerts
 * @param form of the file it is from: {@code sloth}, {@code openslo} or {@code trilith}
 * @param line where it begins in its file, from 1 on
 */
public record Slo(
    String service,
    String name,
    String description,
    BigDecimal objective,
    Sli sli,
    SloWindow window,
    Method method,
    long minimumEvents,
    List<Exclusion> exclusions,
    Map<String, String> labels,
    Alerting alerting,
    String form,
    String file,
    int line) {
  /** How often events are counted. */
  public static final long MINUTE_MILLIS = 60_000;

  /** What is compared with the objective. */
  public sealed interface Method {
    /** Good events of all events. */
    record Occurrences() implements Method {}

    /** Good slices of all slices; a slice is good when this many percent of its events are. */
    record Timeslices(long sliceMillis, BigDecimal target) implements Method {}

    /** The mean of the slices' parts that are good. */
    record RatioTimeslices(long sliceMillis) implements Method {}

    /** As OpenSLO spells it. */
    default String text() {
      return switch (this) {
        case Occurrences _ -> "Occurrences";
        case Timeslices _ -> "Timeslices";
        case RatioTimeslices _ -> "RatioTimeslices";
      };
    }
  }

  /** A span that does not count; milliseconds since 1970, the end is excluded. */
  public record Exclusion(long start, long end, String reason) {}

  /**
   * What its alerts are like.
   *
   * @param name empty for the usual one
   */
  public record Alerting(
      String name,
      Map<String, String> labels,
      Map<String, String> annotations,
      Alert page,
      Alert ticket) {
    /** One of the two. */
    public record Alert(
        boolean disabled, Map<String, String> labels, Map<String, String> annotations) {}

    static final Alerting USUAL =
        new Alerting(
            "",
            Map.of(),
            Map.of(),
            new Alert(false, Map.of(), Map.of()),
            new Alert(false, Map.of(), Map.of()));
  }

  /** By which it is known. */
  public String id() {
    return service + "-" + name;
  }

  /** The part that is to be good, exactly. */
  public BigDecimal objectiveRatio() {
    return ratio(objective);
  }

  /** The part that may be bad, exactly. */
  public BigDecimal budgetRatio() {
    return budgetRatio(objective);
  }

  /** The part that may be bad with an objective in percent. */
  public static BigDecimal budgetRatio(BigDecimal objective) {
    return BigDecimal.ONE.subtract(ratio(objective)).stripTrailingZeros();
  }

  private static BigDecimal ratio(BigDecimal percent) {
    return percent.movePointLeft(2).stripTrailingZeros();
  }

  /** Milliseconds that one sample of its events stands for. */
  public long stepMillis() {
    return switch (method) {
      case Method.Occurrences _ -> MINUTE_MILLIS;
      case Method.Timeslices slices -> slices.sliceMillis();
      case Method.RatioTimeslices slices -> slices.sliceMillis();
    };
  }

  /** Whether the step that ends at a time is excluded, in part at least. */
  boolean excluded(long stamp) {
    for (Exclusion one : exclusions) {
      if (stamp > one.start() && stamp - stepMillis() < one.end()) {
        return true;
      }
    }
    return false;
  }

  /** Changes with what is counted, and with nothing else. */
  String revision() {
    String counted =
        sli + " " + method + " " + (window instanceof SloWindow.Calendar ? window : "");
    try {
      byte[] sum =
          MessageDigest.getInstance("SHA-256").digest(counted.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
