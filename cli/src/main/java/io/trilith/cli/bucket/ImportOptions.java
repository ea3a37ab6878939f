package io.trilith.cli.bucket;

import io.trilith.cli.client.Api;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.flush.DataAge;
import io.trilith.storage.model.TenantId;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What the imports share: for whom, where to, and whether at all. */
final class ImportOptions {
  @Option(
      names = "--tenant",
      paramLabel = "ID",
      defaultValue = "${env:TRILITH_TENANT:-anonymous}",
      description = "The tenant that gets it; or TRILITH_TENANT. Default: ${DEFAULT-VALUE}")
  private String tenant = TenantId.ANONYMOUS.value();

  @Option(names = "--dry-run", description = "Read everything, write nothing.")
  private boolean dryRun;

  @Option(
      names = "--skip-bad-lines",
      description = "Name lines that are wrong and go on; the status is 1 then.")
  private boolean skipBad;

  @Option(
      names = "--progress",
      paramLabel = "FILE",
      description =
          "Note there how far the import is: the same command goes on from there after it was"
              + " ended. Removed at the end.")
  private @Nullable Path progress;

  @Mixin private BucketOptions bucket = new BucketOptions();

  /** Reads a source into a target; returns how many items there were that it tried to take. */
  @FunctionalInterface
  interface Import {
    long read(ImportTarget target, ImportTally tally, PrintWriter err) throws IOException;
  }

  /** Runs an import: into the running server when one owns the directory, else into blocks. */
  int run(@Nullable CommandSpec spec, String items, Import source) {
    TrilithConfig config = bucket.read();
    if (dryRun) {
      return BucketOptions.run(
          spec,
          (out, err) -> {
            ImportTally tally = new ImportTally(err, skipBad, null, Long.MIN_VALUE, Long.MAX_VALUE);
            long count = read(source, new CountingTarget(), tally, err);
            out.println("would import " + count + " " + items);
            return tally.status();
          });
    }
    boolean[] served = new boolean[1];
    int status =
        BucketOptions.run(
            spec,
            (out, err) -> {
              served[0] = bucket.isServed(config);
              return served[0] ? send(config, source, items, out, err) : 0;
            });
    if (status != 0 || served[0]) {
      return status;
    }
    return bucket.change(
        spec,
        "run it again, so that the server takes it",
        (opened, out, err) -> {
          DataAge age = new DataAge(config.retention(), opened.clock());
          ImportTally tally =
              new ImportTally(err, skipBad, progress, age.minMillis(), age.maxMillis());
          BlockTarget target =
              new BlockTarget(opened, new TenantId(tenant), age, tally, config.traceLimits());
          return finish(source, target, tally, items, out, err);
        });
  }

  private int send(
      TrilithConfig config, Import source, String items, PrintWriter out, PrintWriter err) {
    String url = bucket.serverUrl(config);
    err.println("trilith: the server at " + url + " takes it");
    ImportTally tally = new ImportTally(err, skipBad, progress, Long.MIN_VALUE, Long.MAX_VALUE);
    try (Api api = bucket.api(url, tenant.equals(TenantId.ANONYMOUS.value()) ? "" : tenant)) {
      return finish(source, new ServerTarget(api, url, tally), tally, items, out, err);
    }
  }

  private static int finish(
      Import source,
      ImportTarget target,
      ImportTally tally,
      String items,
      PrintWriter out,
      PrintWriter err) {
    long count = read(source, target, tally, err);
    long refused = tally.finish(items);
    out.println("imported " + Math.max(0, count - refused) + " " + items + ": " + target.summary());
    return tally.status();
  }

  private static long read(Import source, ImportTarget target, ImportTally tally, PrintWriter err) {
    try {
      return source.read(target, tally, err);
    } catch (IOException e) {
      throw new VerbException("cannot read what is to be imported: " + e.getMessage(), e);
    }
  }

  /** A file, or what comes by stdin for "-". */
  static InputStream open(Path file) {
    try {
      return file.toString().equals("-") ? System.in : Files.newInputStream(file);
    } catch (IOException e) {
      throw new VerbException("cannot open '" + file + "': " + e, e);
    }
  }

  static long size(Path file) {
    try {
      return file.toString().equals("-") ? 0 : Files.size(file);
    } catch (IOException e) {
      throw new VerbException("cannot open '" + file + "': " + e, e);
    }
  }
}
