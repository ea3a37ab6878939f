package io.trilith.cli.bucket;

import io.trilith.cli.client.Api;
import io.trilith.compactor.BlockMerge.Merged;
import io.trilith.compactor.Expiry;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.model.Signal;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Merges all that can be, in this process or, when a server owns the directory, in the server. */
@Command(
    name = "run",
    description = "Merge all that is due, now.",
    footer = {
      "",
      "When a server owns the data directory it does the work (POST /admin/compact); else this"
          + " process.",
      "What this process merges stays for retention.delete-delay after its commit: others may read"
          + " it still.",
      "Each merge is one commit: after an interrupt what was done stays done, and the rest is done"
          + " next time.",
      "Status: 0 done, 1 the bucket or the server failed, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class CompactRunCommand implements Callable<Integer> {
  @Mixin private MergeFilter filter = new MergeFilter();

  @Option(names = "--dry-run", description = "Only show what would be merged.")
  private boolean dryRun;

  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    if (dryRun) {
      return bucket.look(
          spec,
          (opened, out, err) -> {
            CompactPlanCommand.print(MergePlan.of(opened.state(), filter::has), output, out);
            return 0;
          });
    }
    TrilithConfig config = bucket.read();
    boolean[] served = new boolean[1];
    int status =
        BucketOptions.run(
            spec,
            (out, err) -> {
              served[0] = bucket.isServed(config);
              return served[0] ? ask(config, out, err) : 0;
            });
    return status != 0 || served[0]
        ? status
        : bucket.change(spec, "run it again, so that the server does the work", this::merge);
  }

  private static Listing listing() {
    return new Listing(
        "signal", "tenant", "blocks", "bytes in", "output", "bytes out", "items", "level");
  }

  private int ask(TrilithConfig config, PrintWriter out, PrintWriter err) {
    err.println("trilith: the server at " + bucket.serverUrl(config) + " does the work");
    Listing listing = listing();
    long before = 0;
    long after = 0;
    try (Api api = bucket.api(config, "")) {
      Api.Node answer = api.ask("/admin/compact", filter.parameters());
      for (Api.Node merge : answer.at("merges").list()) {
        before += merge.at("bytes_in").integer();
        after += merge.at("bytes_out").integer();
        listing.row(
            merge.at("signal").text(),
            merge.at("tenant").text(),
            merge.at("inputs").list().size(),
            new Shown.Bytes(merge.at("bytes_in").integer()),
            merge.at("output").text(),
            new Shown.Bytes(merge.at("bytes_out").integer()),
            merge.at("items").integer(),
            (int) merge.at("level").integer());
      }
    }
    print(listing, before, after, out);
    return 0;
  }

  private int merge(Bucket opened, PrintWriter out, PrintWriter err) {
    Catalog catalog = opened.catalog();
    CatalogState state = catalog.state();
    BlockStores stores = new BlockStores(opened, state, opened.config().retention());
    List<Merged> plan = MergePlan.of(state, filter::has);
    long bytes = plan.stream().mapToLong(merge -> MergePlan.bytes(merge.inputs())).sum();
    Listing listing = listing();
    long[] sums = new long[2];
    try (Progress progress = new Progress(err, "merges", plan.size(), bytes)) {
      for (Signal signal : Signal.values()) {
        if (filter.has(signal)) {
          stores
              .merge(signal, catalog)
              .compact(
                  tenant -> filter.has(tenant.value()),
                  merge -> {
                    long in = MergePlan.bytes(merge.inputs());
                    sums[0] += in;
                    sums[1] += merge.output().bytes();
                    progress.bytes(in);
                    progress.item();
                    row(merge, in, listing);
                  });
        }
      }
    }
    Duration delay = opened.config().retention().deleteDelay();
    int deleted = new Expiry(catalog, opened.objects(), delay, opened.clock()).deleteReplaced();
    if (deleted > 0) {
      err.println("trilith: deleted " + deleted + " blocks that were merged long enough ago");
    }
    print(listing, sums[0], sums[1], out);
    return 0;
  }

  private static void row(Merged merge, long in, Listing listing) {
    listing.row(
        merge.output().signal().text(),
        merge.output().tenant(),
        merge.inputs().size(),
        new Shown.Bytes(in),
        merge.output().id(),
        new Shown.Bytes(merge.output().bytes()),
        merge.output().items(),
        merge.output().level());
  }

  private void print(Listing listing, long before, long after, PrintWriter out) {
    listing.print(output.form(), out);
    if (!output.isJson()) {
      out.println(
          listing.size() == 0
              ? "nothing was due"
              : listing.size()
                  + " merges, "
                  + Shown.bytes(before)
                  + " became "
                  + Shown.bytes(after));
    }
  }
}
