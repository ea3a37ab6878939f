package io.trilith.server.bucket;

import io.trilith.config.TrilithConfig;
import io.trilith.server.client.Api;
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

  @Mixin private BucketOptions bucket = new BucketOptions();

  /** Reads a source into a target; returns how many items there were. */
  @FunctionalInterface
  interface Import {
    long read(ImportTarget target, PrintWriter err) throws IOException;
  }

  /** Runs an import: into the running server when one owns the directory, else into blocks. */
  int run(@Nullable CommandSpec spec, String items, Import source) {
    TrilithConfig config = bucket.read();
    if (dryRun) {
      return BucketOptions.run(
          spec,
          (out, err) -> {
            long count = read(source, new CountingTarget(), err);
            out.println("would import " + count + " " + items);
            return 0;
          });
    }
    if (DirectoryOwner.isOwned(config.storage().dataDir())) {
      return BucketOptions.run(
          spec,
          (out, err) -> {
            String url = bucket.serverUrl(config);
            err.println("trilith: the server at " + url + " takes it");
            try (Api api = bucket.api(config, config.tenancy().multi() ? tenant : "")) {
              finish(source, new ServerTarget(api, url), items, out, err);
            }
            return 0;
          });
    }
    return bucket.change(
        spec,
        "run it again, so that the server takes it",
        (opened, out, err) -> {
          finish(source, new BlockTarget(opened, new TenantId(tenant)), items, out, err);
          return 0;
        });
  }

  private static void finish(
      Import source, ImportTarget target, String items, PrintWriter out, PrintWriter err) {
    long count = read(source, target, err);
    out.println("imported " + count + " " + items + ": " + target.summary());
  }

  private static long read(Import source, ImportTarget target, PrintWriter err) {
    try {
      return source.read(target, err);
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
