package io.trilith.cli.bucket;

import io.trilith.compactor.BlockMerge.Merged;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Signal;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows how far merging is. */
@Command(
    name = "status",
    description = "Show blocks per day and level, and what is due to be merged.",
    footer = {"", "Status: 0 shown, 1 the bucket cannot be read, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CompactStatusCommand implements Callable<Integer> {
  @Mixin private MergeFilter filter = new MergeFilter();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  /** What blocks are counted together. */
  private record Group(Signal signal, String tenant, LocalDate day, int level) {
    static final Comparator<Group> ORDER =
        Comparator.comparing(Group::signal)
            .thenComparing(Group::tenant)
            .thenComparing(Group::day)
            .thenComparingInt(Group::level);

    static Group of(BlockEntry block) {
      LocalDate day = block.signal().instant(block.minTime()).atZone(ZoneOffset.UTC).toLocalDate();
      return new Group(block.signal(), block.tenant().value(), day, block.level());
    }
  }

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          CatalogState state = opened.state();
          Listing blocks = blocks(state);
          List<Merged> due = MergePlan.of(state, filter::has);
          int waiting = due.stream().mapToInt(merge -> merge.inputs().size()).sum();
          long bytes = due.stream().mapToLong(merge -> MergePlan.bytes(merge.inputs())).sum();
          if (output.isJson()) {
            Map<String, @Nullable Object> all = new LinkedHashMap<>();
            all.put("blocks", blocks.maps());
            all.put("due_merges", due.size());
            all.put("due_inputs", waiting);
            all.put("due_bytes", bytes);
            Shown.json(all, out);
          } else {
            blocks.table(out);
            out.println(
                due.isEmpty()
                    ? "nothing is due"
                    : "due: "
                        + due.size()
                        + " merges that read "
                        + waiting
                        + " blocks, "
                        + Shown.bytes(bytes)
                        + "; `trilith compact run` does them now");
          }
          return 0;
        });
  }

  private Listing blocks(CatalogState state) {
    Map<Group, List<BlockEntry>> groups = new TreeMap<>(Group.ORDER);
    for (BlockEntry block : state.blocks().values()) {
      if (filter.has(block)) {
        groups.computeIfAbsent(Group.of(block), _ -> new ArrayList<>()).add(block);
      }
    }
    Listing listing = new Listing("signal", "tenant", "day", "level", "blocks", "items", "bytes");
    groups.forEach(
        (group, blocks) ->
            listing.row(
                group.signal().text(),
                group.tenant(),
                group.day(),
                group.level(),
                blocks.size(),
                blocks.stream().mapToLong(BlockEntry::items).sum(),
                new Shown.Bytes(MergePlan.bytes(blocks))));
    return listing;
  }
}
