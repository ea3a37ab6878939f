package io.trilith.cli.bucket;

import io.trilith.cli.options.TimeArgument;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Signal;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which blocks a verb is about. */
final class BlockFilter {
  @Option(names = "--tenant", paramLabel = "ID", description = "Only this tenant's.")
  private @Nullable String tenant;

  @Option(
      names = "--signal",
      paramLabel = "SIGNAL",
      description = "Only of metrics, logs or traces.")
  private @Nullable Signal signal;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "Only with data at that time or later.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "Only with data at that time or earlier.")
  private @Nullable String to;

  private final InstantSource clock = InstantSource.system();

  /** Those of a state, by signal, tenant and time. */
  List<BlockEntry> of(CatalogState state) {
    Instant first = from == null ? null : TimeArgument.parse(from, clock);
    Instant last = to == null ? null : TimeArgument.parse(to, clock);
    return state.blocks().values().stream()
        .filter(block -> signal == null || block.signal() == signal)
        .filter(block -> tenant == null || block.tenant().value().equals(tenant))
        .filter(block -> first == null || block.maxTime() >= block.signal().time(first))
        .filter(block -> last == null || block.minTime() <= block.signal().time(last))
        .sorted(
            Comparator.comparing(BlockEntry::signal)
                .thenComparing(BlockEntry::tenant)
                .thenComparingLong(BlockEntry::minTime)
                .thenComparing(BlockEntry::id))
        .toList();
  }
}
