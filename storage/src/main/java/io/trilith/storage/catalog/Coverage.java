package io.trilith.storage.catalog;

import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;

/**
 * How far the log of one tenant's signal is contained in committed blocks.
 *
 * @param next records below this log offset are in blocks, the rest is not
 */
public record Coverage(Signal signal, TenantId tenant, long next) {}
