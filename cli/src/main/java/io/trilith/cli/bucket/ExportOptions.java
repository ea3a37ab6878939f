package io.trilith.cli.bucket;

import io.trilith.cli.options.TimeArgument;
import io.trilith.storage.model.Signal;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What of a tenant's data is wanted. */
final class ExportOptions {
  @Option(
      names = "--selector",
      paramLabel = "SELECTOR",
      defaultValue = "",
      description = "A PromQL or LogQL selector or a TraceQL query, by signal. Default: everything")
  private String selector = "";

  @Option(names = "--from", paramLabel = "TIME", description = "Start, included.")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "TIME", description = "End, included.")
  private @Nullable String to;

  private final InstantSource clock = InstantSource.system();

  /**
   * A wish.
   *
   * @param min in the unit of the signal's blocks, as is the maximum; both included
   * @param limit items at most
   */
  record Wanted(String selector, long min, long max, long limit) {}

  Wanted wanted(Signal signal, long limit) {
    return new Wanted(
        selector,
        from == null ? Long.MIN_VALUE : signal.time(TimeArgument.parse(from, clock)),
        to == null ? Long.MAX_VALUE : signal.time(TimeArgument.parse(to, clock)),
        limit);
  }
}
