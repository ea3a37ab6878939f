package io.trilith.server.node;

import io.trilith.compactor.Deletions;
import io.trilith.compactor.Expiry;
import io.trilith.compactor.Retention;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.flush.StorageClock;

/**
 * What takes data away.
 *
 * @param time by which data is hidden and removed
 */
public record Removal(
    Deletions deletions, Retention retention, Expiry expiry, Catalog catalog, StorageClock time) {}
