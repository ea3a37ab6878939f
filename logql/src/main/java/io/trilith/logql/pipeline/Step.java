package io.trilith.logql.pipeline;

/** One compiled stage. May keep state between entries: confined to one thread. */
@FunctionalInterface
interface Step {
  /** Whether the entry goes on. */
  boolean process(Entry entry);
}
