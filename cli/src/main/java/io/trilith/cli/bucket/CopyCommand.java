package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.TenantId;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Copies live blocks into another bucket, which may have others. */
@Command(
    name = "copy",
    description = "Copy blocks into another bucket, perhaps as another tenant.",
    footer = {
      "",
      "Blocks first, then one commit that adds them: an interrupt leaves the other bucket as it"
          + " was, and the next",
      "run goes on. What is there already, by id and size, is not copied again. Blocks that this"
          + " bucket has merged",
      "since stay there beside the merged ones (equal data shows once) unless --mirror takes them"
          + " out.",
      "The URL is a directory of objects: that of a server which is not running is"
          + " DATA-DIR/objects.",
      "Every byte is checked on the way. Damaged and lost blocks are named, and then nothing is"
          + " added there, unless",
      "--skip-damaged leaves them out. A --mirror that would take out over 30 % of the rows there"
          + " asks for --confirm.",
      "Status: 0 copied, 1 a block is damaged, a bucket failed, or it is refused, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class CopyCommand implements Callable<Integer> {
  @Option(names = "--to", required = true, paramLabel = "URL", description = "The other bucket.")
  private String to = "";

  @Option(
      names = "--tenant",
      paramLabel = "A[=B]",
      description = "Only tenant A's, there as B's. Repeatable. Default: all, as they are")
  private List<String> tenants = new ArrayList<>();

  @Option(
      names = "--mirror",
      description = "Take out there what this bucket has no more, of the tenants copied to.")
  private boolean mirror;

  @Option(names = "--confirm", description = "Mirror whatever that takes out.")
  private boolean confirm;

  @Option(names = "--dry-run", description = "Only say what would be copied.")
  private boolean dryRun;

  @Mixin private DamagedBlocks damaged = new DamagedBlocks();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(spec, this::copy);
  }

  private Map<TenantId, TenantId> renames() {
    Map<TenantId, TenantId> renames = new TreeMap<>();
    for (String one : tenants) {
      int equals = one.indexOf('=');
      TenantId from = new TenantId(equals < 0 ? one : one.substring(0, equals));
      renames.put(from, equals < 0 ? from : new TenantId(one.substring(equals + 1)));
    }
    return renames;
  }

  private static BlockEntry as(BlockEntry block, TenantId tenant, long bytes) {
    return new BlockEntry(
        block.id(),
        block.partition(),
        block.signal(),
        tenant,
        block.minTime(),
        block.maxTime(),
        block.items(),
        bytes,
        block.level(),
        block.sequence());
  }

  private int copy(Bucket opened, PrintWriter out, PrintWriter err) {
    Map<TenantId, TenantId> renames = renames();
    BucketUrl target = BucketUrl.open(to, opened.config().storage().s3());
    if (!dryRun && !mirror) {
      opened.noteCopy(target.url(), err);
    }
    SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
    Catalog there = new Catalog(target.objects(), opened.clock(), random);
    BlockCopy copy = new BlockCopy(opened.objects(), target.objects());
    Map<BlockEntry, BlockEntry> wanted = new LinkedHashMap<>();
    for (int tries = 3; ; tries--) {
      wanted.clear();
      CatalogState here = opened.state();
      for (BlockEntry block : here.blocks().values()) {
        TenantId as = renames.isEmpty() ? block.tenant() : renames.get(block.tenant());
        if (as != null) {
          wanted.put(block, as(block, as, block.bytes()));
        }
      }
      Bucket.refuseHidden(here, wanted.keySet());
      if (dryRun) {
        return tell(copy, wanted, out);
      }
      long bytes = wanted.keySet().stream().mapToLong(BlockEntry::bytes).sum();
      refuseEmptying(there.state(), wanted);
      boolean all;
      try (Progress progress = new Progress(err, "blocks", wanted.size(), bytes)) {
        all =
            damaged.read(
                List.copyOf(wanted.keySet()),
                opened::state,
                from -> wanted.put(from, copied(from, wanted, copy, progress)));
      }
      if (all) {
        break;
      }
      // A running server merged some meanwhile: what there is now has their content.
      if (tries == 0) {
        throw new VerbException("blocks are merged faster than they are copied; try again");
      }
    }
    damaged.tell(err, "nothing was added to " + target.url());
    // What is left out here is not gone: a mirror keeps what it has of it.
    wanted.keySet().removeIf(block -> damaged.ids().contains(block.id()));
    int removed =
        commit(there, wanted, target, opened.clock(), opened.config().retention().deleteDelay());
    report(copy, removed, target, out);
    return damaged.status();
  }

  /** Copies a block; it may have another size under another tenant's name. */
  private static BlockEntry copied(
      BlockEntry from, Map<BlockEntry, BlockEntry> wanted, BlockCopy copy, Progress progress) {
    BlockEntry as = wanted.getOrDefault(from, from);
    long size = copy.copy(from.objectName(), as.objectName(), from.bytes(), progress);
    return as(from, as.tenant(), size);
  }

  /** A mirror of the wrong side, or of a bucket that lost its data, must not empty the other. */
  private void refuseEmptying(CatalogState there, Map<BlockEntry, BlockEntry> wanted) {
    if (!mirror || confirm) {
      return;
    }
    Set<TenantId> tenants = new HashSet<>();
    wanted.values().forEach(block -> tenants.add(block.tenant()));
    long here = wanted.values().stream().mapToLong(BlockEntry::items).sum();
    long before =
        there.blocks().values().stream()
            .filter(block -> tenants.contains(block.tenant()))
            .mapToLong(BlockEntry::items)
            .sum();
    if (here < before * 7 / 10) {
      throw new VerbException(
          "the mirror has "
              + before
              + " rows of these tenants and this bucket "
              + here
              + ": over 30 % would be taken out there. Look whether the sides are swapped; when it"
              + " is meant, say --confirm");
    }
  }

  private int commit(
      Catalog there,
      Map<BlockEntry, BlockEntry> wanted,
      BucketUrl target,
      InstantSource clock,
      Duration delay) {
    CatalogState state = there.state();
    List<BlockEntry> added = new ArrayList<>();
    for (BlockEntry block : wanted.values()) {
      BlockEntry known = state.blocks().get(block.id());
      if (known == null) {
        added.add(block);
      } else if (!known.tenant().equals(block.tenant())) {
        throw new VerbException(
            target.url()
                + " has block "
                + block.id()
                + " as one of tenant '"
                + known.tenant()
                + "' already; a block can be there for one tenant only");
      }
    }
    List<BlockEntry> gone = mirror ? gone(state, wanted) : List.of();
    if (!added.isEmpty() || !gone.isEmpty()) {
      List<BlockId> ids = gone.stream().map(BlockEntry::id).toList();
      // A server may run there: its readers have the time that its own removals give them.
      long until = clock.millis() + delay.toMillis();
      List<Change> doomed =
          gone.stream()
              .<Change>map(block -> new Change.Doomed(block, until, "copy --mirror"))
              .toList();
      there.commit(_ -> new Draft(added, ids, List.of(), doomed));
    }
    return gone.size();
  }

  private List<BlockEntry> gone(CatalogState state, Map<BlockEntry, BlockEntry> wanted) {
    List<TenantId> tenants = wanted.values().stream().map(BlockEntry::tenant).distinct().toList();
    List<BlockId> kept = wanted.values().stream().map(BlockEntry::id).toList();
    return state.blocks().values().stream()
        .filter(block -> tenants.contains(block.tenant()) && !kept.contains(block.id()))
        .filter(block -> !damaged.ids().contains(block.id()))
        .toList();
  }

  private int tell(BlockCopy copy, Map<BlockEntry, BlockEntry> wanted, PrintWriter out) {
    Listing listing = new Listing("id", "signal", "tenant", "as", "bytes", "copied");
    wanted.forEach(
        (from, as) ->
            listing.row(
                from.id(),
                from.signal().text(),
                from.tenant(),
                as.tenant(),
                new Shown.Bytes(from.bytes()),
                !copy.has(as.objectName(), from.bytes())));
    listing.print(output.form(), out);
    return 0;
  }

  private void report(BlockCopy copy, int removed, BucketUrl target, PrintWriter out) {
    if (output.isJson()) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      all.put("to", target.url());
      all.put("copied", copy.copied());
      all.put("bytes", copy.bytes());
      all.put("skipped", copy.skipped());
      all.put("removed", removed);
      Shown.json(all, out);
    } else {
      out.println(
          "copied "
              + copy.copied()
              + " blocks, "
              + Shown.bytes(copy.bytes())
              + ", to "
              + target.url()
              + "; "
              + copy.skipped()
              + " were there"
              + (mirror ? ", " + removed + " were taken out" : ""));
    }
  }
}
