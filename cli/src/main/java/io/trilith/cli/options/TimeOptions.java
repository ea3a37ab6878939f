package io.trilith.cli.options;

import io.trilith.config.Durations;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which time a query is about. */
public final class TimeOptions {
  @Option(
      names = "--since",
      paramLabel = "DURATION",
      defaultValue = "1h",
      description = "How far back from --to, unless --from is given. Default: ${DEFAULT-VALUE}")
  private String since = "1h";

  @Option(names = "--from", paramLabel = "TIME", description = "Start.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "End. Default: ${DEFAULT-VALUE}")
  private String to = "now";

  private final InstantSource clock = InstantSource.system();

  /** A stretch of time. */
  public record Range(Instant start, Instant end) {}

  public Range range() {
    Instant end = TimeArgument.parse(to, clock);
    Instant start =
        from == null ? end.minus(Durations.parse(since)) : TimeArgument.parse(from, clock);
    return new Range(start, end);
  }
}
