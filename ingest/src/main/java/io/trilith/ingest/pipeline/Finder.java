package io.trilith.ingest.pipeline;

/** Finds pieces of texts that are to be replaced. Immutable, thread-safe. */
sealed interface Finder permits CardFinder, EmailFinder, ExpressionFinder {
  /**
   * Whether anything may be found in the bytes {@code from <= i < to}: cheap, as it is asked of
   * every text, and false only when nothing is.
   */
  boolean mayFind(byte[] text, int from, int to);

  /** Looks for all pieces of a text, one after the other, none inside of another. */
  Search search(byte[] text, int from, int to);

  /** One pass over one text. Confined to one thread. */
  interface Search {
    /** Goes to the next piece; false when there is none. */
    boolean next();

    /** Where a group of the piece begins; group 0 is the piece. -1 when it is not there. */
    int start(int group);

    int end(int group);

    /** Groups beside the piece itself. */
    int groups();
  }

  /** A search whose pieces have no groups. */
  abstract class Plain implements Search {
    private int start;
    private int end;

    /** Notes the piece that was found. */
    final boolean found(int from, int to) {
      start = from;
      end = to;
      return true;
    }

    @Override
    public final int start(int group) {
      return start;
    }

    @Override
    public final int end(int group) {
      return end;
    }

    @Override
    public final int groups() {
      return 0;
    }
  }
}
