package io.trilith.logstore;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.removal.RowRule;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hides entries of a range of streams.
 *
 * @param matchers all of which a stream has to match
 * @param except lists of matchers; a stream that matches all of one of them is not meant
 * @param tests makes a test of entries for one thread; null when all are meant
 * @param minTime in nanoseconds, included, as is the other one
 */
public record EntryRule(
    String source,
    List<Matcher> matchers,
    List<List<Matcher>> except,
    @Nullable Supplier<EntryTest> tests,
    long minTime,
    long maxTime)
    implements RowRule {
  public EntryRule {
    matchers = List.copyOf(matchers);
    except = List.copyOf(except);
  }

  /** Says of entries of streams that match whether they are meant. Confined to one thread. */
  @FunctionalInterface
  public interface EntryTest {
    /** Whether the entry is meant on which the cursor stands. */
    boolean test(Labels stream, EntryCursor entry);
  }

  /** Whether entries of a stream can be meant. */
  public boolean isOf(Labels stream) {
    if (!all(matchers, stream)) {
      return false;
    }
    for (List<Matcher> one : except) {
      if (all(one, stream)) {
        return false;
      }
    }
    return true;
  }

  private static boolean all(List<Matcher> matchers, Labels stream) {
    for (Matcher matcher : matchers) {
      if (!matcher.matches(stream)) {
        return false;
      }
    }
    return true;
  }

  public boolean overlaps(long min, long max) {
    return minTime <= max && maxTime >= min;
  }
}
