package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the live blocks. */
@Command(
    name = "ls",
    description = "List the live blocks.",
    footer = {"", "Status: 0 listed, 1 the bucket cannot be read, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BlocksListCommand implements Callable<Integer> {
  @Mixin private BlockFilter filter = new BlockFilter();

  @Option(names = "--level", paramLabel = "N", description = "Only of this level.")
  private @Nullable Integer level;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          List<BlockEntry> blocks =
              filter.of(opened.state()).stream()
                  .filter(block -> level == null || block.level() == level)
                  .toList();
          listing(blocks, opened).print(output.form(), out);
          if (!output.isJson()) {
            out.println(total(blocks));
          }
          return 0;
        });
  }

  static Listing listing(List<BlockEntry> blocks, Bucket bucket) {
    Listing listing =
        new Listing("id", "tenant", "signal", "from", "to", "items", "bytes", "level", "age");
    for (BlockEntry block : blocks) {
      listing.row(
          block.id(),
          block.tenant(),
          block.signal().text(),
          block.signal().instant(block.minTime()),
          block.signal().instant(block.maxTime()),
          block.items(),
          new Shown.Bytes(block.bytes()),
          block.level(),
          Duration.between(
              Instant.ofEpochMilli(block.id().createdMillis()), bucket.clock().instant()));
    }
    return listing;
  }

  private static String total(List<BlockEntry> blocks) {
    long items = blocks.stream().mapToLong(BlockEntry::items).sum();
    long bytes = blocks.stream().mapToLong(BlockEntry::bytes).sum();
    return blocks.size() + " blocks, " + items + " items, " + Shown.bytes(bytes);
  }
}
