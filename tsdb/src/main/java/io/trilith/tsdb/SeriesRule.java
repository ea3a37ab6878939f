package io.trilith.tsdb;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.removal.RowRule;
import java.util.List;

/**
 * Hides samples and exemplars of a range of series.
 *
 * @param matchers all of which a series has to match
 * @param except lists of matchers; a series that matches all of one of them is not meant
 * @param minTime in milliseconds, included, as is the other one
 */
public record SeriesRule(
    String source, List<Matcher> matchers, List<List<Matcher>> except, long minTime, long maxTime)
    implements RowRule {
  public SeriesRule {
    matchers = List.copyOf(matchers);
    except = List.copyOf(except);
  }

  public boolean isExcepted(Labels series) {
    for (List<Matcher> one : except) {
      if (all(one, series)) {
        return true;
      }
    }
    return false;
  }

  public boolean hides(Labels series, long time) {
    return time >= minTime && time <= maxTime && isOf(series);
  }

  /** Whether samples of a series can be meant. */
  public boolean isOf(Labels series) {
    return all(matchers, series) && !isExcepted(series);
  }

  private static boolean all(List<Matcher> matchers, Labels series) {
    for (Matcher matcher : matchers) {
      if (!matcher.matches(series)) {
        return false;
      }
    }
    return true;
  }
}
