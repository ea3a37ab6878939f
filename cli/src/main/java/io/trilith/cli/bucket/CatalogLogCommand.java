package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogObjects;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Commit;
import io.trilith.storage.error.StorageException;
import java.time.Instant;
import java.util.NavigableSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists commits, the newest first. */
@Command(
    name = "log",
    description = "List the commits, the newest first.",
    footer = {"", "Status: 0 listed, 1 a commit is damaged, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CatalogLogCommand implements Callable<Integer> {
  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most this many; 0 for all. Default: ${DEFAULT-VALUE}")
  private int limit;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          CatalogObjects catalog = new CatalogObjects(opened.objects());
          NavigableSet<Long> snapshots = catalog.snapshots();
          Listing listing =
              new Listing(
                  "commit", "time", "what", "added", "removed", "added bytes", "snapshot", "uuid");
          int status = 0;
          for (long number : catalog.commits().descendingSet()) {
            if (limit > 0 && listing.size() == limit) {
              break;
            }
            try {
              Commit commit = catalog.commit(number);
              listing.row(
                  number,
                  Instant.ofEpochMilli(commit.createdMillis()),
                  what(commit),
                  commit.added().size(),
                  commit.removed().size(),
                  new Shown.Bytes(commit.added().stream().mapToLong(BlockEntry::bytes).sum()),
                  snapshots.contains(number),
                  commit.uuid());
            } catch (StorageException.Corrupt e) {
              err.println("trilith: " + e.getMessage());
              listing.row(number, null, "damaged", null, null, null, null, null);
              status = 1;
            }
          }
          listing.print(output.form(), out);
          return status;
        });
  }

  /** What made a commit, as far as it tells. */
  static String what(Commit commit) {
    if (!commit.coverage().isEmpty()) {
      return "flush";
    }
    if (!commit.changes().isEmpty()) {
      return commit.changes().stream()
          .map(CatalogLogCommand::what)
          .distinct()
          .collect(Collectors.joining(", "));
    }
    if (commit.added().isEmpty()) {
      return commit.removed().isEmpty() ? "nothing" : "remove";
    }
    return commit.removed().isEmpty() ? "import" : "merge";
  }

  private static String what(Change change) {
    return switch (change) {
      case Change.Deleted deleted -> "deletion " + deleted.deletion().id();
      case Change.Cancelled cancelled -> "cancel " + cancelled.deletion();
      case Change.Progressed progressed -> "rewrite for " + progressed.deletion();
      case Change.Moved moved -> "rewrite for " + moved.deletion();
      case Change.Completed completed -> "completed " + completed.deletion();
      case Change.Doomed doomed ->
          doomed.restorable() ? "retention by " + doomed.reason() : doomed.reason();
      case Change.Forgotten _ -> "restore or end of the delay";
      case Change.Removed removed ->
          "rows=" + removed.rows() + " of " + removed.tenant() + " removed by " + removed.policy();
      case Change.Copied copied -> "copied to " + copied.to();
      case Change.Accepted _ -> "policies of retention accepted";
      case Change.TakenOver taken -> "log " + taken.log() + " of " + taken.host() + " took over";
      case Change.Renewed renewed ->
          "log " + renewed.log() + " of " + renewed.host() + " was opened again";
    };
  }
}
