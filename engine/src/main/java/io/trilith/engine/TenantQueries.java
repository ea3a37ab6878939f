package io.trilith.engine;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import java.time.Duration;

/**
 * What one tenant's queries may ask for beside what all may; 0 is no limit.
 *
 * @param seriesMax series one query may touch
 * @param concurrencyMax queries at once, those that wait included
 * @param lengthMax from start to end of a query
 * @param tailsMax tails at once
 */
public record TenantQueries(long seriesMax, int concurrencyMax, Duration lengthMax, int tailsMax) {
  /** No limits. */
  public static final TenantQueries NONE = new TenantQueries(0, 0, Duration.ZERO, 0);

  /** Throws InvalidRequestException when a query is longer than the tenant's may be. */
  public void checkLength(TenantId tenant, Duration length) {
    if (!lengthMax.isZero() && length.compareTo(lengthMax) > 0) {
      throw new InvalidRequestException(
          "the query time range exceeds the limit (query length: "
              + length
              + ", limit: "
              + lengthMax
              + "; max_query_length of tenant "
              + tenant
              + " in limits.overrides-file)");
    }
  }
}
