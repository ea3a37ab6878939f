package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Gives blocks up that are lost. */
@Command(
    name = "drop",
    description = "Take lost or damaged blocks out of the catalog, on purpose.",
    footer = {
      "",
      "Queries and backups are complete again without them. A block that can be read is refused."
          + " What is there of a",
      "damaged one stays for retention.delete-delay: `trilith restore BLOCK` brings it back until"
          + " then.",
      "Works beside a running server, which follows within catalog.refresh.",
      "Status: 0 dropped, 1 refused or the bucket failed, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BlocksDropCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ID", arity = "1..*", description = "Ids, or how they begin.")
  private List<String> ids = List.of();

  @Option(names = "--dry-run", description = "Only say what would be dropped.")
  private boolean dryRun;

  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(spec, this::drop);
  }

  private int drop(Bucket opened, PrintWriter out, PrintWriter err) {
    err.println("trilith: drops blocks of " + opened.place());
    Catalog catalog = opened.catalog();
    CatalogState state = catalog.state();
    List<BlockId> dropped = new ArrayList<>();
    List<Change> doomed = new ArrayList<>();
    long until = opened.clock().millis() + opened.config().retention().deleteDelay().toMillis();
    for (String id : ids) {
      BlockEntry block = opened.block(state, id);
      String reason = reason(opened, block);
      if (!reason.isEmpty()) {
        doomed.add(new Change.Doomed(block, until, "blocks drop: it is damaged"));
      }
      dropped.add(block.id());
      out.println(
          (dryRun ? "would drop " : "dropped ")
              + block.id()
              + ", "
              + block.items()
              + " items: "
              + (reason.isEmpty() ? "its object is not there" : reason));
    }
    if (!dryRun) {
      catalog.commit(_ -> new Draft(List.of(), dropped, List.of(), doomed));
    }
    return 0;
  }

  /** Why it cannot be read; empty when it is not there. */
  private static String reason(Bucket opened, BlockEntry block) {
    try {
      DamagedBlocks.check(opened.objects(), block);
    } catch (StorageException.Missing e) {
      return "";
    } catch (StorageException.Corrupt e) {
      return String.valueOf(e.getMessage());
    }
    throw new VerbException(
        "block " + block.id() + " can be read: what it has is removed by `trilith delete`");
  }
}
