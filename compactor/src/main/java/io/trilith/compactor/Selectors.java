package io.trilith.compactor;

import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.List;

/** What the languages have to say about the selectors of deletions. Thread-safe. */
public interface Selectors {
  /**
   * Throws when a selector cannot be used to delete.
   *
   * @throws io.trilith.storage.error.InvalidRequestException naming the selector and the reason
   */
  void check(Signal signal, String selector);

  /**
   * What selectors find now, for signals whose selectors are not asked again.
   *
   * @param minTime in the signal's unit, as is the other one
   */
  Found find(TenantId tenant, Signal signal, List<String> selectors, long minTime, long maxTime);

  /**
   * Has the rules of a deletion that is not made answer to its name, where rules are asked for by
   * name, until it is closed.
   */
  Trial trial(Deletion deletion);

  /** Ends with {@link #close}. */
  interface Trial extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * What was found and the times it spans.
   *
   * @param ids two numbers each; none for signals whose rules look at the selectors
   */
  record Found(List<Long> ids, long minTime, long maxTime) {}
}
