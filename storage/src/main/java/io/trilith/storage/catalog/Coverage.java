package io.trilith.storage.catalog;

import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;

/**
 * How far one scope's part of the log is contained in committed blocks.
 *
 * @param from what was covered before: a commit whose state says another number is refused, since
 *     records would be in two blocks or in none; {@link #UNKNOWN} in commits of earlier releases
 * @param next records below this log offset are in blocks, the rest is not
 */
public record Coverage(CatalogState.Scope scope, long from, long next) {
  /** Of a release that did not say it: fits wherever it stands. */
  public static final long UNKNOWN = -1;

  public Coverage {
    if (from < UNKNOWN || next < from) {
      throw new IllegalArgumentException("coverage from " + from + " to " + next);
    }
  }

  /** Of the local log, from its beginning. */
  public Coverage(Signal signal, TenantId tenant, long next) {
    this(new CatalogState.Scope(signal, tenant), 0, next);
  }
}
