package io.trilith.storage.catalog;

import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.util.Optional;

/**
 * What the catalog says of a block.
 *
 * @param partition the part of the log that its content came by
 * @param minTime earliest data time, inclusive; milliseconds for metrics, nanoseconds for logs and
 *     traces
 * @param maxTime latest data time, inclusive, same unit
 * @param items samples, entries or spans
 * @param bytes size of the object
 * @param level 0 for a flushed head, one more per merge
 * @param sequence orders blocks by when their content was written: where two say different things
 *     of the same item, the one with the greater sequence is right. It only grows: it is an offset
 *     on top of the greatest sequence there was when offsets began anew, see {@link
 *     CatalogState.Sequences}
 */
public record BlockEntry(
    BlockId id,
    Partition partition,
    Signal signal,
    TenantId tenant,
    long minTime,
    long maxTime,
    long items,
    long bytes,
    int level,
    long sequence) {

  /** One whose content came by the local log. */
  public BlockEntry(
      BlockId id,
      Signal signal,
      TenantId tenant,
      long minTime,
      long maxTime,
      long items,
      long bytes,
      int level,
      long sequence) {
    this(id, Partition.LOCAL, signal, tenant, minTime, maxTime, items, bytes, level, sequence);
  }

  /** Whose block it is. */
  public CatalogState.Scope scope() {
    return new CatalogState.Scope(partition, signal, tenant);
  }

  /** The object that holds the block. */
  public String objectName() {
    return objectName(signal, tenant, id);
  }

  /** The block whose object is named, alone or as the first part of a name. */
  public static Optional<BlockId> blockOf(String objectName) {
    int from = objectName.lastIndexOf('/') + 1;
    int end = objectName.indexOf(".block", from);
    if (end < 0 || !objectName.startsWith("blocks/")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new BlockId(objectName.substring(from, end)));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  public static String objectName(Signal signal, TenantId tenant, BlockId id) {
    return prefix(signal, tenant) + id + ".block";
  }

  /** What the names of all objects of a tenant's signal begin with. */
  public static String prefix(Signal signal, TenantId tenant) {
    return "blocks/" + signal.text() + "/" + ObjectTenant.encode(tenant) + "/";
  }
}
