package io.trilith.logstore;

import java.util.List;

/**
 * What a reader knows beforehand of the entries it wants, so that a source may leave out what
 * cannot be wanted: a hint, not a filter. An entry for which one of the clauses has no term that
 * holds may be left out; all others come.
 *
 * @param clauses all of which must hold
 * @param counts told what was read and what was left out
 */
public record Scan(List<AnyOf> clauses, ScanCounts counts) {
  public Scan {
    clauses = List.copyOf(clauses);
  }

  /** Everything is wanted, and nobody counts. */
  public static Scan everything() {
    return new Scan(List.of(), new ScanCounts());
  }

  /** Terms one of which must hold. */
  public record AnyOf(List<Term> terms) {
    public AnyOf {
      terms = List.copyOf(terms);
    }
  }

  /** What can be known of one entry. */
  public sealed interface Term {
    /** These bytes stand somewhere in the line. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record LineHas(byte[] bytes) implements Term {}

    /**
     * These bytes, which are ASCII without capital letters, stand somewhere in the line, letters in
     * either case.
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record LineHasAnyCase(byte[] lowerCase) implements Term {}

    /** The structured metadata of that name has exactly that value, which is not empty. */
    record MetadataIs(String name, String value) implements Term {}
  }
}
