package io.trilith.logstore.page;

import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A scan made ready for pages. Thread-safe. */
public final class PageScan {
  /** Wants everything. */
  public static final PageScan EVERYTHING = new PageScan(Scan.everything());

  private final List<List<Term>> clauses = new ArrayList<>();
  private final ScanCounts counts;

  public PageScan(Scan scan) {
    counts = scan.counts();
    for (Scan.AnyOf clause : scan.clauses()) {
      List<Term> terms = new ArrayList<>();
      boolean always = false;
      for (Scan.Term term : clause.terms()) {
        switch (term) {
          case Scan.Term.LineHas line -> {
            always |= line.bytes().length == 0;
            terms.add(new LineTerm(line.bytes()));
          }
          case Scan.Term.LineHasAnyCase line -> {
            always |= line.lowerCase().length == 0;
            terms.add(new LineTerm(line));
          }
          case Scan.Term.MetadataIs is -> terms.add(new MetadataTerm(is.name(), is.value()));
        }
      }
      if (!always) {
        clauses.add(terms);
      }
    }
  }

  public boolean isEverything() {
    return clauses.isEmpty();
  }

  List<List<Term>> clauses() {
    return clauses;
  }

  public ScanCounts counts() {
    return counts;
  }

  /** False when a page of this filter has no entry that is wanted. */
  public boolean mayHold(PageFilter filter) {
    for (List<Term> terms : clauses) {
      boolean any = false;
      for (Term term : terms) {
        any |= term.mayHold(filter);
      }
      if (!any) {
        return false;
      }
    }
    return true;
  }

  /** What one entry may have. */
  abstract static sealed class Term {
    private final List<Probe> probes = new ArrayList<>();

    /**
     * A run that must be there.
     *
     * @param bytes of the run
     * @param length the same when the run may be a part of a longer one, 0 when the filter has it
     * @param grams that a long run has which it is a part of
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Probe(long hash, int bytes, int length, long[] grams) {
      boolean mayHold(PageFilter filter) {
        if (!filter.knows(bytes)) {
          return true;
        }
        if (length == 0 || !filter.hasLonger(length)) {
          return filter.mayHave(hash);
        }
        if (filter.hasBetween(length)) {
          return true;
        }
        // A run of this length, or a part of one of the long ones.
        return (length <= Runs.LONG && filter.mayHave(hash)) || hasGrams(filter);
      }

      private boolean hasGrams(PageFilter filter) {
        for (long gram : grams) {
          if (!filter.mayHave(gram)) {
            return false;
          }
        }
        return true;
      }
    }

    /**
     * Adds what the filter can be asked for: runs of the text that are not loose.
     *
     * @param closed whether nothing stands before and behind the text
     */
    final void addProbes(byte[] text, boolean closed) {
      int at = 0;
      while (at < text.length) {
        if (!Runs.isRun(text[at])) {
          at++;
          continue;
        }
        int end = Runs.end(text, at, text.length);
        if (!Runs.isLoose(text, at, end)) {
          boolean begins = closed || at > 0;
          boolean ends = closed || end < text.length || end - at >= Runs.PREFIX;
          // With an open end a run may be longer; then the filter must know of no longer ones.
          int length = begins && ends ? 0 : end - at;
          probes.add(new Probe(Runs.hash(text, at, end), end - at, length, grams(text, at, end)));
        }
        at = end;
      }
    }

    private static long[] grams(byte[] text, int from, int to) {
      long[] grams = new long[Math.max(0, to - from)];
      int count = 0;
      for (int at = from; at + Runs.PREFIX <= to; at++) {
        long gram = Runs.gram(text, at);
        if (gram != 0) {
          grams[count++] = gram;
        }
      }
      return Arrays.copyOf(grams, count);
    }

    final boolean mayHold(PageFilter filter) {
      for (Probe probe : probes) {
        if (!probe.mayHold(filter)) {
          return false;
        }
      }
      return true;
    }
  }

  /** A text in the line; not empty unless never asked for. */
  static final class LineTerm extends Term {
    final Needle needle;

    /**
     * The longest run of the text that is not loose, when it is not the whole text: in a line it
     * lies in one literal or in one value.
     */
    final @Nullable Needle run;

    LineTerm(byte[] text) {
      needle = new Needle(text.length == 0 ? new byte[1] : text);
      byte[] longest = longestRun(text);
      run = longest == null ? null : new Needle(longest);
      addProbes(text, false);
    }

    /** The filter knows runs in the case they have: it cannot be asked. */
    LineTerm(Scan.Term.LineHasAnyCase any) {
      byte[] text = any.lowerCase();
      needle = Needle.anyCase(text.length == 0 ? new byte[1] : text);
      byte[] longest = longestRun(text);
      run = longest == null ? null : Needle.anyCase(longest);
    }

    private static byte @Nullable [] longestRun(byte[] text) {
      int from = 0;
      int to = 0;
      int at = 0;
      while (at < text.length) {
        int end = Runs.end(text, at, text.length);
        if (end - at > to - from && !Runs.isLoose(text, at, end)) {
          from = at;
          to = end;
        }
        at = Math.max(at + 1, end);
      }
      return to == from || to - from == text.length ? null : Arrays.copyOfRange(text, from, to);
    }
  }

  /** A value of the metadata. */
  static final class MetadataTerm extends Term {
    final String name;
    final String value;
    final byte[] text;

    MetadataTerm(String name, String value) {
      this.name = name;
      this.value = value;
      this.text = value.getBytes(StandardCharsets.UTF_8);
      addProbes(text, true);
    }
  }
}
