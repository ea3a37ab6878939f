package io.trilith.cli.removal;

import io.trilith.cli.bucket.BucketOptions;
import io.trilith.cli.bucket.VerbException;
import io.trilith.cli.client.ApiException;
import io.trilith.config.StorageConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import java.io.PrintWriter;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Who removes data: a server, or this process on a bucket that none serves. */
final class RemovalOptions {
  static final String STATUS =
      "A server is asked: that of --server, or the one that owns the data directory. Where a bucket"
          + " is\n"
          + "named (--data-dir, --config, --set) that none owns, or one of kind s3 with"
          + " --no-server, this\n"
          + "process works on it. Status: 0 done, 1 refused or no server there, 2 a wrong call.";

  @Mixin private BucketOptions bucket = new BucketOptions();

  @Option(
      names = "--tenant",
      paramLabel = "ID",
      defaultValue = "${env:TRILITH_TENANT:-}",
      description = "The tenant where there are several; or TRILITH_TENANT.")
  private String tenant = "";

  /** What a command does with what answers it. */
  @FunctionalInterface
  interface Question {
    void ask(Removals removals, PrintWriter out, PrintWriter err);
  }

  /**
   * Asks, and makes of how it went the status of the process: 1 when it was refused or nobody is
   * there. A wrong argument throws ParameterException.
   */
  int run(@Nullable CommandSpec spec, Question question) {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Removals removals = removals(err)) {
      question.ask(removals, out, err);
      return 0;
    } catch (ApiException | VerbException | StorageException e) {
      err.println("trilith: " + e.getMessage());
      return 1;
    } catch (InvalidRequestException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } finally {
      out.flush();
    }
  }

  private static String place(TrilithConfig config) {
    StorageConfig storage = config.storage();
    return switch (storage.kind()) {
      case DIRECTORY -> "the bucket in '" + storage.dataDir() + "'";
      case S3 -> "the bucket s3://" + storage.s3().bucket() + "/" + storage.s3().prefix();
    };
  }

  private Removals removals(PrintWriter err) {
    TrilithConfig config = bucket.read();
    if (!bucket.isOffline(config)) {
      String url = bucket.serverUrl(config);
      err.println("trilith: the server at " + url + " does the work");
      return new ServerRemovals(bucket.api(url, tenant));
    }
    bucket.requireThere(config);
    if (config.tenancy().multi() && tenant.isEmpty()) {
      throw new IllegalArgumentException("tenancy.multi is on: say whose data by --tenant");
    }
    err.println("trilith: no server is asked, this process works on " + place(config));
    TenantId who = tenant.isEmpty() ? TenantId.ANONYMOUS : new TenantId(tenant);
    return new BucketRemovals(config, who, InstantSource.system());
  }
}
