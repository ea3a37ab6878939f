package io.trilith.cli.bucket;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Proves what the rest relies on, and measures it. */
@Command(
    name = "check",
    description = "Prove on the bucket what Trilith relies on, and measure it.",
    footer = {
      "",
      "Writes some small objects below check/ and one of 8 MiB, and deletes them again. A server"
          + " may run meanwhile.",
      "Status: 0 everything holds, 1 something does not, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class StorageCheckCommand implements Callable<Integer> {
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.probe(
        spec,
        (opened, out, err) -> {
          StorageCheck check = new StorageCheck(opened.objects());
          List<StorageCheck.Line> lines;
          try {
            lines = check.run();
          } finally {
            check.clean();
          }
          Listing listing = new Listing("check", "result", "p50 ms", "p99 ms", "details");
          lines.forEach(
              line ->
                  listing.row(
                      line.name(),
                      line.holds() ? "pass" : "FAIL",
                      line.p50(),
                      line.p99(),
                      line.details()));
          listing.print(output.form(), out);
          boolean fine = lines.stream().allMatch(StorageCheck.Line::holds);
          if (!output.isJson()) {
            out.println((fine ? "everything holds: " : "NOT fit for Trilith: ") + opened.place());
          }
          return fine ? 0 : 1;
        });
  }
}
