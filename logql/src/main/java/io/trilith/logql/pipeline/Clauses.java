package io.trilith.logql.pipeline;

import io.trilith.logstore.Scan.AnyOf;
import io.trilith.logstore.Scan.Term;
import java.util.ArrayList;
import java.util.List;

/**
 * What must hold of an entry: clauses of terms, all clauses, one term of each. No clause at all is
 * true of every entry, a clause without terms of none. Weaker than what it stands for where that
 * would grow too large. Immutable.
 */
record Clauses(List<AnyOf> all) {
  static final Clauses TRUE = new Clauses(List.of());
  static final Clauses FALSE = new Clauses(List.of(new AnyOf(List.of())));

  /** More of either say less than they cost to test. */
  private static final int CLAUSES_MAX = 64;

  private static final int TERMS_MAX = 256;

  static Clauses anyOf(List<Term> terms) {
    return terms.size() > TERMS_MAX ? TRUE : new Clauses(List.of(new AnyOf(terms)));
  }

  boolean isFalse() {
    return all.stream().anyMatch(clause -> clause.terms().isEmpty());
  }

  Clauses and(Clauses other) {
    if (isFalse() || other.isFalse()) {
      return FALSE;
    }
    List<AnyOf> both = new ArrayList<>(all);
    for (AnyOf clause : other.all) {
      if (both.size() < CLAUSES_MAX) {
        both.add(clause);
      }
    }
    return new Clauses(List.copyOf(both));
  }

  Clauses or(Clauses other) {
    if (isFalse()) {
      return other;
    }
    if (other.isFalse()) {
      return this;
    }
    List<AnyOf> either = new ArrayList<>();
    for (AnyOf left : all) {
      for (AnyOf right : other.all) {
        if (either.size() < CLAUSES_MAX
            && left.terms().size() + right.terms().size() <= TERMS_MAX) {
          List<Term> terms = new ArrayList<>(left.terms());
          terms.addAll(right.terms());
          either.add(new AnyOf(terms));
        }
      }
    }
    return new Clauses(List.copyOf(either));
  }
}
