package io.trilith.storage.flush;

import io.trilith.storage.catalog.CatalogState;

/**
 * Has heads end at a place in the log. A process that has the log for itself seals the head there
 * and then; where others read the same log, the place is told by a record in it, and each of them
 * seals when it comes by.
 */
@FunctionalInterface
public interface Cuts {
  /** Asks for the end of a scope's head. May be asked again before the head has ended. */
  void cut(CatalogState.Scope scope);
}
