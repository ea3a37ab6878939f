package io.trilith.cli.bucket;

import io.trilith.cli.client.Api;
import io.trilith.storage.catalog.CatalogState;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a backup. */
@Command(
    name = "snapshot",
    description = "Copy the whole bucket as it is at one commit.",
    footer = {
      "",
      "The copy is a bucket itself: `trilith blocks verify --set storage.data-dir=…` reads one"
          + " below objects/, and",
      "`trilith restore-snapshot --from URL` makes a server's of it. A server that owns the"
          + " directory is told to flush first",
      "and goes on; without one, what is in the log only is left out.",
      "An interrupt leaves no catalog there: run it again, and it goes on.",
      "Every byte is checked on the way. Damaged and lost blocks are named, and then there is no"
          + " snapshot, unless",
      "--skip-damaged leaves them out.",
      "Status: 0 made, 1 a block is damaged, a bucket failed or the other one is not empty, 2 a"
          + " wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class SnapshotCommand implements Callable<Integer> {
  @Option(
      names = "--to",
      required = true,
      paramLabel = "URL",
      description = "Where to: an empty or new directory, or file:///path.")
  private String to = "";

  @Option(names = "--dry-run", description = "Only say what would be copied.")
  private boolean dryRun;

  @Mixin private DamagedBlocks damaged = new DamagedBlocks();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.look(
        spec,
        (opened, out, err) -> {
          BucketUrl target = BucketUrl.open(to, opened.config().storage().s3());
          if (opened.isServed() && !dryRun) {
            try (Api api = bucket.api(opened.config(), "")) {
              String _ = api.post("/admin/flush", "text/plain", "", new byte[0]);
            }
          }
          if (!dryRun) {
            opened.noteCopy(target.url(), err);
          }
          WholeCopy.Made made =
              dryRun
                  ? new WholeCopy.Made(opened.state(), 0, 0)
                  : new WholeCopy(opened.objects(), target.objects())
                      .run(opened::state, target.url(), damaged, err);
          report(made, target.url(), dryRun, output, out);
          return damaged.status();
        });
  }

  static void report(
      WholeCopy.Made made, String where, boolean dryRun, OutputOption output, PrintWriter out) {
    CatalogState state = made.state();
    long bytes = MergePlan.bytes(List.copyOf(state.blocks().values()));
    if (output.isJson()) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      all.put("to", where);
      all.put("dry_run", dryRun);
      all.put("commit", state.number());
      all.put("blocks", state.blocks().size());
      all.put("bytes", bytes);
      all.put("copied", made.copied());
      all.put("copied_bytes", made.bytes());
      Shown.json(all, out);
    } else {
      out.println(
          (dryRun ? "would copy commit " : "copied commit ")
              + state.number()
              + ", "
              + state.blocks().size()
              + " blocks, "
              + Shown.bytes(bytes)
              + ", to "
              + where);
    }
  }
}
