package io.trilith.ingest.pipeline;

import io.trilith.storage.model.Labels;
import java.util.function.Supplier;

/** A LogQL log query, asked of what comes in. Thread-safe. */
public interface LogCondition {
  /** Whether it selects a stream. */
  boolean matches(Labels stream);

  /** For the entries of one request. */
  Trial trial();

  /** Confined to one thread. */
  @FunctionalInterface
  interface Trial {
    /**
     * Whether an entry of a stream that is selected passes the stages.
     *
     * @param time nanoseconds since 1970
     * @param line its bytes are {@code from <= i < to}
     */
    boolean matches(
        Labels stream, long time, byte[] line, int from, int to, Supplier<Labels> metadata);
  }
}
