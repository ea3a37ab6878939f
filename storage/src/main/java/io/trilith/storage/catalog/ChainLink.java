package io.trilith.storage.catalog;

import java.util.UUID;

/**
 * Ties a commit to the chain it belongs to, so that neither another bucket's nor another number's
 * bytes are taken for it.
 *
 * @param bucket made by the first commit that has one and the same in all that follow; nil in
 *     chains of releases that wrote none
 * @param last uuid of the commit before, nil where that is not known
 */
public record ChainLink(UUID bucket, UUID last) {
  static final UUID NIL = new UUID(0, 0);
  static final ChainLink NONE = new ChainLink(NIL, NIL);

  /** Whether it says nothing: it is of a release that wrote none. */
  public boolean isNone() {
    return bucket.equals(NIL);
  }

  /** What the commit after a commit of this link has to say. */
  ChainLink after(Commit commit) {
    return new ChainLink(commit.link().isNone() ? bucket : commit.link().bucket(), commit.uuid());
  }

  /** Why a commit cannot follow here; empty when it can. */
  String refusal(ChainLink next) {
    if (isNone() ? next.isNone() : next.bucket().equals(bucket)) {
      boolean known = !last.equals(NIL) && !next.isNone();
      return known && !next.last().equals(last)
          ? "it follows another commit than the one before it"
          : "";
    }
    return isNone() ? "" : "it belongs to another bucket";
  }
}
