package io.trilith.cli.bucket;

import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.Signal;
import java.io.PrintWriter;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what a block is made of. */
@Command(
    name = "inspect",
    description = "Show the sections, counts and labels of a block.",
    footer = {"", "Status: 0 shown, 1 there is no such block or it is damaged, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class BlocksInspectCommand implements Callable<Integer> {
  @Parameters(paramLabel = "ID", description = "The block, or how its id begins.")
  private String id = "";

  @Option(
      names = "--labels",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most this many labels, the largest first. Default: ${DEFAULT-VALUE}")
  private int labels;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          BlockEntry block = opened.block(opened.state(), id);
          BlockContent content = BlockContent.open(opened.objects(), block);
          if (output.isJson()) {
            Map<String, @Nullable Object> all = new LinkedHashMap<>();
            all.putAll(BlocksListCommand.listing(List.of(block), opened).maps().getFirst());
            all.put("object", block.objectName());
            all.put("sequence", block.sequence());
            all.putAll(content.facts());
            all.put("sections", sections(content).maps());
            all.put(labelsKey(block), labels(block, content).maps());
            Shown.json(all, out);
          } else {
            show(block, content, opened, out);
          }
          return 0;
        });
  }

  private static String labelsKey(BlockEntry block) {
    return block.signal() == Signal.TRACES ? "columns" : "labels";
  }

  private void show(BlockEntry block, BlockContent content, Bucket opened, PrintWriter out) {
    out.println(block.objectName());
    BlocksListCommand.listing(List.of(block), opened).table(out);
    out.println();
    Listing facts = new Listing("what", "count");
    content.facts().forEach((name, count) -> facts.row(name.replace('_', ' '), count));
    facts.table(out);
    out.println();
    sections(content).table(out);
    out.println();
    labels(block, content).table(out);
  }

  private static Listing sections(BlockContent content) {
    Listing listing = new Listing("section", "name", "bytes");
    content
        .container()
        .sectionLengths()
        .forEach(
            (number, length) ->
                listing.row(
                    number, content.container().sectionName(number), new Shown.Bytes(length)));
    return listing;
  }

  private Listing labels(BlockEntry block, BlockContent content) {
    boolean columns = block.signal() == Signal.TRACES;
    Listing listing = columns ? new Listing("column", "bytes") : new Listing("label", "values");
    content.labels().entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .limit(labels)
        .forEach(
            entry ->
                listing.row(
                    entry.getKey(),
                    columns ? new Shown.Bytes(entry.getValue()) : entry.getValue()));
    return listing;
  }
}
