package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.Signal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whose blocks are merged. */
final class MergeFilter {
  @Option(names = "--tenant", paramLabel = "ID", description = "Only this tenant's.")
  private @Nullable String tenant;

  @Option(
      names = "--signal",
      paramLabel = "SIGNAL",
      description = "Only of metrics, logs or traces.")
  private @Nullable Signal signal;

  boolean has(BlockEntry block) {
    return has(block.signal()) && has(block.tenant().value());
  }

  boolean has(Signal of) {
    return signal == null || signal == of;
  }

  boolean has(String id) {
    return tenant == null || tenant.equals(id);
  }

  /** As parameters of the admin API, in pairs. */
  String[] parameters() {
    return new String[] {
      "signal", signal == null ? "" : signal.text(), "tenant", tenant == null ? "" : tenant
    };
  }
}
