package io.trilith.config;

import java.nio.file.Path;

/** Where it is written who did what. */
public record AuditConfig(
    @Key(
            doc =
                "JSON lines, readable by the owner alone, opened anew when renamed. Empty: the log, under io.trilith.audit.",
            value = "")
        Path file) {
  public boolean hasFile() {
    return !file.toString().isEmpty();
  }
}
