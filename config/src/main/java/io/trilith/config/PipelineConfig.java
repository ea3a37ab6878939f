package io.trilith.config;

import java.time.Duration;

/** What is done with telemetry between its decoding and the log, see docs/pipeline.md. */
public record PipelineConfig(
    @Key(
            doc =
                "File of rules: redaction, relabelling, what is dropped. Empty: telemetry is stored as it comes.")
        String file,
    @Key(
            doc =
                "How often the file and those it names are looked at for changes. A file that is wrong changes nothing.",
            value = "10s")
        Duration reload,
    @Key(
            doc =
                "File with the secret that <hash> in replacements is keyed with. Empty: one is made and kept in the data directory as redaction.key.")
        String hashKeyFile) {
  public PipelineConfig {
    if (reload.isZero() || reload.isNegative()) {
      throw new IllegalArgumentException("pipeline.reload must be longer than 0s");
    }
  }

  /** Nothing is done. */
  public static PipelineConfig defaults() {
    return Binder.defaults(PipelineConfig.class);
  }
}
