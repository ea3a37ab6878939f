package io.trilith.storage.store;

/** What becomes of blocks as they are flushed, which have level 0. */
public enum Fresh {
  /** They are as good as any: merged when several have gathered. */
  KEPT,
  /**
   * They were written in haste: rewritten, with their neighbours or alone, when no flush came for
   * some seconds, and at once when too many bytes have gathered.
   */
  REWRITTEN
}
