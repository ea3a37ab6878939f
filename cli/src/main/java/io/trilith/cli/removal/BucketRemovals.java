package io.trilith.cli.removal;

import io.trilith.cli.client.ApiException;
import io.trilith.config.TrilithConfig;
import io.trilith.server.node.Node;
import io.trilith.server.removal.DeletionRequest;
import io.trilith.server.removal.RemovalAnswers;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Signal;
import io.trilith.storage.model.TenantId;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** This process works on a bucket that no server has. */
final class BucketRemovals implements Removals {
  private final Node node;
  private final RemovalAnswers answers;
  private final TenantId tenant;

  /** On the bucket of a configuration. */
  BucketRemovals(TrilithConfig config, TenantId tenant, InstantSource clock) {
    this.node = Node.offline(config, clock, System::nanoTime);
    this.answers = new RemovalAnswers(node.removal());
    this.tenant = tenant;
  }

  /** What a server would refuse is refused here in the same words. */
  private static String answered(Supplier<String> answer) {
    try {
      return answer.get();
    } catch (InvalidRequestException | LimitExceededException | StorageException e) {
      throw new ApiException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public String create(Wanted wanted, boolean dryRun, String by) {
    DeletionRequest request =
        new DeletionRequest(
            wanted.metrics(),
            wanted.logs(),
            wanted.traces(),
            nanos(wanted.from(), Long.MIN_VALUE),
            nanos(wanted.to(), Long.MAX_VALUE));
    return answered(() -> answers.create(tenant, request, dryRun, by));
  }

  private static long nanos(@Nullable Instant time, long open) {
    return time == null ? open : Signal.LOGS.time(time);
  }

  @Override
  public String list() {
    return answered(() -> answers.list(tenant));
  }

  @Override
  public String status(String id) {
    return answered(
        () ->
            answers
                .status(tenant, id)
                .orElseThrow(() -> new ApiException("deletion " + id + " is not known")));
  }

  @Override
  public void cancel(String id, boolean force, String by) {
    String _ = answered(() -> answers.cancel(tenant, id, force, by));
  }

  @Override
  public String restorable() {
    return answered(() -> answers.restorable(tenant));
  }

  @Override
  public String restore(List<String> blocks) {
    return answered(() -> answers.restore(tenant, blocks));
  }

  @Override
  public String plan() {
    return answered(answers::plan);
  }

  @Override
  public String run(boolean confirm) {
    return answered(() -> answers.run(confirm));
  }

  @Override
  public String undo() {
    return answered(answers::undo);
  }

  @Override
  public String history() {
    return answered(answers::history);
  }

  @Override
  public void close() {
    node.close();
  }
}
