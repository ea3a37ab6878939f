package io.trilith.tracestore;

/**
 * Is told what a read is about to hold, so that a query can be stopped before it does. Bytes are
 * estimates. Used by the thread that reads.
 */
public interface ReadCost {
  /** Reads that nobody limits. */
  ReadCost NONE =
      new ReadCost() {
        @Override
        public void check() {}

        @Override
        public void take(long bytes) {}

        @Override
        public void giveBack(long bytes) {}
      };

  /** Called again and again; throws what is to end the read. */
  void check();

  /** Called before the bytes are allocated; throws when there are none. */
  void take(long bytes);

  /** Bytes that were taken are garbage now. */
  void giveBack(long bytes);
}
