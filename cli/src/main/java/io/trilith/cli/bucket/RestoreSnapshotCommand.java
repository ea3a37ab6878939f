package io.trilith.cli.bucket;

import io.trilith.storage.catalog.Catalog;
import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a server's bucket of a backup. */
@Command(
    name = "restore-snapshot",
    description = "Fill an empty bucket from a snapshot.",
    footer = {
      "",
      "The server must not run, and its bucket must be empty. Start it afterwards: it has what the"
          + " snapshot has.",
      "Every byte is checked on the way, as by `trilith snapshot`.",
      "Status: 0 restored, 1 a block is damaged, a bucket failed or this one is not empty, 2 a"
          + " wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class RestoreSnapshotCommand implements Callable<Integer> {
  @Option(names = "--from", required = true, paramLabel = "URL", description = "The snapshot.")
  private String from = "";

  @Option(names = "--dry-run", description = "Only say what would be restored.")
  private boolean dryRun;

  @Mixin private DamagedBlocks damaged = new DamagedBlocks();
  @Mixin private OutputOption output = new OutputOption();
  @Mixin private BucketOptions bucket = new BucketOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return bucket.change(
        spec,
        "stop it, and name an empty data directory",
        (opened, out, err) -> {
          BucketUrl source = BucketUrl.open(from, opened.config().storage().s3());
          SplittableRandom random = new SplittableRandom(new SecureRandom().nextLong());
          Catalog catalog = new Catalog(source.objects(), opened.clock(), random);
          if (catalog.state().number() == 0) {
            throw new VerbException(
                source.url()
                    + " has no catalog: it is no snapshot, or a snapshot that was cut short");
          }
          WholeCopy.Made made =
              dryRun
                  ? new WholeCopy.Made(catalog.state(), 0, 0)
                  : new WholeCopy(source.objects(), opened.objects())
                      .run(catalog::refresh, opened.place(), damaged, err);
          SnapshotCommand.report(made, opened.place(), dryRun, output, out);
          return damaged.status();
        });
  }
}
