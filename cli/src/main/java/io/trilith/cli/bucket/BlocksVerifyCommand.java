package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.BlockId;
import java.io.PrintWriter;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says whether the data is intact, and where not. */
@Command(
    name = "verify",
    description = "Check every byte of the blocks and the catalog.",
    footer = {
      "",
      "Finds: damaged, a checksum or a decoder says no; truncated, an object has another size than"
          + " what was",
      "written; missing, a live block without its object; orphan, a block object that no commit"
          + " names; gap, a",
      "commit that is missing between others; miscounted (--deep), another number of items than the"
          + " catalog has.",
      "While a server owns the directory, orphans are told and do not count: it may be about to"
          + " commit them.",
      "Status: 0 all is well, 1 something was found, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BlocksVerifyCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "ID",
      arity = "0..*",
      description = "Only these blocks, by their ids or how they begin. Default: all")
  private List<String> ids = List.of();

  @Option(names = "--deep", description = "Decode every chunk, page and row group too.")
  private boolean deep;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(spec, this::verify);
  }

  private int verify(Bucket opened, PrintWriter out, PrintWriter err) {
    Verification verification = new Verification(opened.objects(), deep);
    CatalogState state = verification.chain();
    Set<BlockId> wanted = new HashSet<>();
    ids.forEach(id -> wanted.add(opened.block(state, id).id()));
    List<BlockEntry> blocks =
        verification.objects(state, block -> wanted.isEmpty() || wanted.contains(block.id()));
    long bytes = blocks.stream().mapToLong(BlockEntry::bytes).sum();
    try (Progress progress = new Progress(err, "blocks", blocks.size(), bytes)) {
      blocks.forEach(block -> verification.block(block, progress));
    }
    boolean served = opened.isServed();
    List<Verification.Finding> findings =
        verification.findings().stream().filter(found -> stays(found, opened, wanted)).toList();
    long problems =
        findings.stream()
            .filter(found -> !served || found.kind() != Verification.Kind.ORPHAN)
            .count();
    Listing listing = new Listing("problem", "object", "offset", "reason");
    findings.forEach(
        found -> listing.row(found.kind().text(), found.object(), found.offset(), found.reason()));
    if (output.isJson()) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      all.put("commit", state.number());
      all.put("blocks", blocks.size());
      all.put("bytes", bytes);
      all.put("deep", deep);
      all.put("served", served);
      all.put("problems", problems);
      all.put("findings", listing.maps());
      Shown.json(all, out);
    } else {
      if (listing.size() > 0) {
        listing.table(out);
      }
      out.println(
          (problems == 0 ? "intact: " : problems + " problems: ")
              + "commit "
              + state.number()
              + ", "
              + blocks.size()
              + " blocks, "
              + Shown.bytes(bytes)
              + (deep ? ", every item decoded" : ", every checksum")
              + (served ? "; a running server owns the directory" : ""));
    }
    return problems == 0 ? 0 : 1;
  }

  /** What a running server changed since the chain was read is no problem of the bucket. */
  private static boolean stays(Verification.Finding found, Bucket opened, Set<BlockId> onlyThese) {
    return switch (found.kind()) {
      case GAP, DAMAGED, TRUNCATED, MISCOUNTED -> true;
      case ORPHAN -> onlyThese.isEmpty() && (!opened.isServed() || !isLive(found, opened));
      case MISSING -> !opened.isServed() || isLive(found, opened);
    };
  }

  private static boolean isLive(Verification.Finding found, Bucket opened) {
    return opened.state().blocks().values().stream()
        .anyMatch(block -> block.objectName().equals(found.object()));
  }
}
