package io.trilith.config;

import java.nio.file.Path;
import java.time.Duration;

/** Where blocks, catalog and log live. */
public record StorageConfig(
    @Key(
            doc =
                "Kind of object store: 'directory' keeps objects below data-dir, 's3' keeps them in a bucket and uses data-dir"
                    + " for the log and a cache.",
            value = "directory")
        Kind kind,
    @Key(
            doc =
                "Directory of the log and, for kind 'directory', of the objects. One process at a time may use it.",
            value = "data")
        Path dataDir,
    @Key(
            doc =
                "Age, by its name, at which a block object that no commit names is deleted from a bucket: until then another"
                    + " process may be about to commit it. For kind 'directory' they go at the start.",
            value = "24h")
        Duration orphanAge,
    @Key(
            doc =
                "Age of catalog commits and snapshots, made superfluous by a newer snapshot, at which they are deleted."
                    + " Longer than a process may hang and then go on.",
            value = "24h")
        Duration catalogAge,
    @Key(
            doc =
                "Pause between looks for blocks to merge. Very long: merges are only made when asked for by"
                    + " POST /admin/compact.",
            value = "2s")
        Duration mergeInterval,
    @Key(doc = "The bucket of kind 's3'.") S3Config s3) {
  public StorageConfig {
    if (kind == Kind.S3 && s3.bucket().isEmpty()) {
      throw new IllegalArgumentException("kind 's3' needs s3.bucket");
    }
  }

  /** The kinds of object store. */
  public enum Kind {
    DIRECTORY,
    S3
  }
}
