package io.trilith.config;

import java.nio.file.Path;

/** Where blocks, catalog and log live. */
public record StorageConfig(
    @Key(
            doc = "Kind of object store: 'directory' keeps objects below data-dir.",
            value = "directory")
        Kind kind,
    @Key(
            doc =
                "Directory of the log and, for kind 'directory', of the objects. One process at a time may use it.",
            value = "data")
        Path dataDir) {
  /** The kinds of object store. */
  public enum Kind {
    DIRECTORY
  }
}
