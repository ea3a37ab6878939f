package io.trilith.cli.bucket;

import io.trilith.compactor.BlockMerge.Merged;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows what {@code compact run} would do. */
@Command(
    name = "plan",
    description = "Show what `compact run` would merge.",
    footer = {
      "",
      "An output is as large as its inputs at most; how much smaller it is shows once it is"
          + " written.",
      "Status: 0 shown, 1 the bucket cannot be read, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CompactPlanCommand implements Callable<Integer> {
  @Mixin private MergeFilter filter = new MergeFilter();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          print(MergePlan.of(opened.state(), filter::has), output, out);
          return 0;
        });
  }

  static void print(List<Merged> plan, OutputOption output, PrintWriter out) {
    Listing listing =
        new Listing(
            "signal",
            "tenant",
            "blocks",
            "to level",
            "from",
            "to",
            "items",
            "bytes in",
            "bytes out at most");
    for (Merged merge : plan) {
      listing.row(
          merge.output().signal().text(),
          merge.output().tenant(),
          merge.inputs().size(),
          merge.output().level(),
          merge.output().signal().instant(merge.output().minTime()),
          merge.output().signal().instant(merge.output().maxTime()),
          merge.output().items(),
          new Shown.Bytes(MergePlan.bytes(merge.inputs())),
          new Shown.Bytes(merge.output().bytes()));
    }
    listing.print(output.form(), out);
  }
}
