package io.trilith.cli.removal;

import io.trilith.cli.client.ApiException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the verbs that remove data ask for; an answer is the JSON that the API of a server gives.
 * What is refused is an {@link ApiException}.
 */
interface Removals extends AutoCloseable {
  /**
   * A deletion that is wanted.
   *
   * @param from null for the first row on
   * @param to null to the last row
   */
  record Wanted(
      List<String> metrics,
      List<String> logs,
      List<String> traces,
      @Nullable Instant from,
      @Nullable Instant to) {
    public Wanted {
      metrics = List.copyOf(metrics);
      logs = List.copyOf(logs);
      traces = List.copyOf(traces);
    }
  }

  String create(Wanted wanted, boolean dryRun, String by);

  String list();

  String status(String id);

  void cancel(String id, boolean force, String by);

  String restorable();

  String restore(List<String> blocks);

  String plan();

  String run(boolean confirm);

  String undo();

  String history();

  @Override
  void close();
}
