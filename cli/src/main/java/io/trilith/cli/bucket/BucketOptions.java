package io.trilith.cli.bucket;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.client.ConfigSource;
import io.trilith.cli.client.CredentialOptions;
import io.trilith.config.HostPort;
import io.trilith.config.StorageConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.server.node.ServedAt;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.StorageException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which bucket: the options by which {@code serve} finds it. */
public final class BucketOptions {
  @Mixin private ConfigSource source = new ConfigSource();

  @Option(
      names = "--server",
      paramLabel = "URL",
      description =
          "The server, when one owns the data directory. Default: the one that owns it; where no"
              + " bucket is named, TRILITH_SERVER, or where server.http-listen is on this machine")
  private @Nullable String server;

  @Mixin private CredentialOptions credential = new CredentialOptions();

  private final @Nullable String inEnvironment = System.getenv("TRILITH_SERVER");

  @Option(
      names = "--no-server",
      description = "Says that no server runs on a bucket of kind s3, which cannot be told.")
  private boolean offline;

  /** What a verb does with a bucket; returns the status of the process. */
  @FunctionalInterface
  interface Work {
    int run(Bucket bucket, PrintWriter out, PrintWriter err);
  }

  /** The configuration that is named. */
  public TrilithConfig read() {
    return source.read(List.of());
  }

  /**
   * Where the server is that does the work: what is typed wins over the environment, and a server
   * beside a directory must be its owner. Throws {@link VerbException} when it is not.
   */
  public String serverUrl(TrilithConfig config) {
    Path directory = config.storage().dataDir();
    if (server != null) {
      if (source.isGiven() && DirectoryOwner.isOwned(directory)) {
        requireOwner(server, directory);
      }
      return server;
    }
    if (!source.isGiven() && isInEnvironment()) {
      return String.valueOf(inEnvironment);
    }
    String url = ServedAt.read(directory).map(ServedAt::url).orElse("");
    return !url.isEmpty() && DirectoryOwner.isOwned(directory) ? url : configured(config);
  }

  private boolean isInEnvironment() {
    return inEnvironment != null && !inEnvironment.isBlank();
  }

  /** Two targets that are two are an error, not a choice. */
  private void requireOwner(String url, Path directory) {
    String instance = ServedAt.read(directory).map(ServedAt::instance).orElse("");
    if (instance.isEmpty()) {
      return;
    }
    try (Api api = new Api(url, "", credential)) {
      String there = api.getText("/admin/instance").strip();
      if (!there.equals(instance)) {
        throw new VerbException(
            "--server "
                + url
                + " is not the server that owns '"
                + directory
                + "': name one of them");
      }
    }
  }

  private static String configured(TrilithConfig config) {
    HostPort listen = config.server().httpListen();
    boolean any = listen.host().isEmpty() || listen.host().equals("0.0.0.0");
    return (config.tls().isOn() ? "https://" : "http://")
        + (any ? "127.0.0.1" : listen.host())
        + ":"
        + listen.port();
  }

  /** The server at a URL, asked for a tenant, with the credential that the options name. */
  public Api api(String url, String tenant) {
    return new Api(url, tenant, credential);
  }

  Api api(TrilithConfig config, String tenant) {
    return new Api(serverUrl(config), tenant, credential);
  }

  /**
   * Whether the bucket is to be worked on without a server: it is named, and no server was, and no
   * process owns its directory. Throws {@link VerbException} where that cannot be told.
   */
  public boolean isOffline(TrilithConfig config) {
    boolean named = source.isGiven() || offline;
    if (!named) {
      return false;
    }
    boolean owned = DirectoryOwner.isOwned(config.storage().dataDir());
    if (server != null && !offline) {
      if (config.storage().kind() == StorageConfig.Kind.DIRECTORY && !owned) {
        throw new VerbException(
            "--server "
                + server
                + " and '"
                + config.storage().dataDir()
                + "', which no server owns, are two targets: name one of them");
      }
      return false;
    }
    if (config.storage().kind() == StorageConfig.Kind.DIRECTORY) {
      if (owned && offline) {
        throw new VerbException(
            "a running server owns '"
                + config.storage().dataDir()
                + "': leave out --no-server, so that it does the work");
      }
      return !owned;
    }
    if (offline || owned) {
      return offline;
    }
    throw new VerbException(
        "a server may run on bucket '"
            + config.storage().s3().bucket()
            + "', which cannot be told from here: name it by --server, or say --no-server when"
            + " none does");
  }

  /**
   * Whether a server does the work of a verb that can do it itself: one is named, or owns the
   * directory. Throws {@link VerbException} where that cannot be told, and where nothing is named
   * and nothing is there.
   */
  boolean isServed(TrilithConfig config) {
    if (source.isGiven() || offline) {
      if (config.storage().kind() == StorageConfig.Kind.S3 && server == null) {
        return DirectoryOwner.isOwned(config.storage().dataDir());
      }
      return !isOffline(config);
    }
    if (server != null || isInEnvironment() || DirectoryOwner.isOwned(config.storage().dataDir())) {
      return true;
    }
    Bucket.requireThere(config);
    return false;
  }

  /** Throws {@link VerbException} where the bucket that is named does not exist. */
  public void requireThere(TrilithConfig config) {
    Bucket.requireThere(config);
  }

  /** Works on the bucket as it is, beside a server that may run. */
  int look(@Nullable CommandSpec spec, Work work) {
    return probe(
        spec,
        (bucket, out, err) -> {
          Bucket.requireThere(bucket.config());
          return work.run(bucket, out, err);
        });
  }

  /** Works on a bucket that may not have anything yet, beside a server that may run. */
  int probe(@Nullable CommandSpec spec, Work work) {
    return run(
        spec,
        (out, err) -> {
          try (Bucket bucket = Bucket.toRead(read(), InstantSource.system())) {
            return work.run(bucket, out, err);
          }
        });
  }

  /**
   * Works on the bucket while no server can.
   *
   * @param instead what to type when one runs
   */
  int change(@Nullable CommandSpec spec, String instead, Work work) {
    return run(
        spec,
        (out, err) -> {
          try (Bucket bucket = Bucket.toChange(read(), InstantSource.system(), instead, offline)) {
            err.println("trilith: no server is asked, this process works on " + bucket.place());
            return work.run(bucket, out, err);
          }
        });
  }

  /** As {@link Work}, where the bucket is opened by the verb. */
  @FunctionalInterface
  interface Errand {
    int run(PrintWriter out, PrintWriter err);
  }

  /**
   * Runs a verb and makes of what went wrong a line and a status: 1 for what is wrong with the
   * bucket or the server. A wrong argument throws ParameterException.
   */
  static int run(@Nullable CommandSpec spec, Errand errand) {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    CommandLine line = spec.commandLine();
    try {
      return errand.run(line.getOut(), line.getErr());
    } catch (StorageException | VerbException | ApiException | UncheckedIOException e) {
      line.getErr().println("trilith: " + e.getMessage());
      return 1;
    } catch (InvalidRequestException | IllegalArgumentException e) {
      throw new ParameterException(line, String.valueOf(e.getMessage()), e);
    } finally {
      line.getOut().flush();
    }
  }
}
