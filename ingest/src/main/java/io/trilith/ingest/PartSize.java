package io.trilith.ingest;

/**
 * How much of a request is stored at once: one of any size needs its body and one part. Nearly all
 * requests are one part.
 */
public final class PartSize {
  /** Bytes of content at which a part is handed to the store. */
  public static final long BYTES = 4 << 20;

  /** Arrays have room to grow and are copied then; the record and the head's work come on top. */
  private static final int TIMES_CONTENT = 4;

  private PartSize() {}

  /** Bytes of memory to book for a part with so much content. */
  public static long memory(long content) {
    return TIMES_CONTENT * content;
  }
}
