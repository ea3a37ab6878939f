package io.trilith.server.removal;

import io.trilith.compactor.Deletions;
import io.trilith.compactor.Retention;
import io.trilith.compactor.RetentionPlan;
import io.trilith.query.json.JsonWriter;
import io.trilith.server.node.Removal;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Catalog;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.TenantId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of deletions and retention, answered in JSON: by a server's API, and by verbs on a
 * bucket that no server has. What was asked wrongly is an {@link InvalidRequestException}.
 * Thread-safe.
 */
public final class RemovalAnswers {
  private final Deletions deletions;
  private final Retention retention;
  private final Catalog catalog;
  private final StorageClock clock;

  public RemovalAnswers(Removal removal) {
    this.deletions = removal.deletions();
    this.retention = removal.retention();
    this.catalog = removal.catalog();
    this.clock = removal.time();
  }

  Deletions deletions() {
    return deletions;
  }

  StorageClock clock() {
    return clock;
  }

  /** Writes the data of an answer. */
  @FunctionalInterface
  private interface Content {
    void write(JsonWriter json) throws IOException;
  }

  private static String success(Content data) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    try {
      json.beginObject().name("status").value("success").name("data");
      data.write(json);
      json.endObject();
      json.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private void write(Deletion deletion, JsonWriter json) throws IOException {
    new RemovalJson(json)
        .deletion(
            deletion, deletions.pending(deletion), deletions.waitsFor(deletion), clock.millis());
  }

  /**
   * Begins a deletion of all that is asked for, or shows what it would be.
   *
   * @param by who asks
   */
  public String create(TenantId tenant, DeletionRequest request, boolean dryRun, String by) {
    List<Deletions.Ask> asks = request.asks();
    Deletion made = dryRun ? deletions.plan(tenant, asks) : deletions.create(tenant, asks, by);
    return success(json -> write(made, json));
  }

  /** All deletions of a tenant, oldest first. */
  public String list(TenantId tenant) {
    List<Deletion> all = deletions.list(tenant);
    return success(
        json -> {
          json.beginArray();
          for (Deletion deletion : all) {
            write(deletion, json);
          }
          json.endArray();
        });
  }

  /** One deletion; empty when there is none of this id. */
  public Optional<String> status(TenantId tenant, String id) {
    return deletions.list(tenant).stream()
        .filter(deletion -> deletion.id().equals(id))
        .findFirst()
        .map(deletion -> success(json -> write(deletion, json)));
  }

  /** Undoes a deletion. */
  public String cancel(TenantId tenant, String id, boolean force, String by) {
    deletions.cancel(tenant, id, force, by);
    return success(json -> json.beginObject().name("id").value(id).endObject());
  }

  /** The blocks of a tenant that retention removed and that are still there. */
  public String restorable(TenantId tenant) {
    List<Change.Doomed> own =
        catalog.state().removals().restorable().stream()
            .filter(one -> one.block().tenant().equals(tenant))
            .toList();
    return success(json -> new RemovalJson(json).doomed(own));
  }

  /** Brings blocks back. */
  public String restore(TenantId tenant, List<String> blocks) {
    List<BlockId> ids = new ArrayList<>();
    for (String text : blocks) {
      try {
        ids.add(new BlockId(text));
      } catch (IllegalArgumentException e) {
        throw new InvalidRequestException("invalid parameter \"block\": " + e.getMessage(), e);
      }
    }
    if (ids.isEmpty()) {
      throw new InvalidRequestException("no block parameter provided");
    }
    List<BlockEntry> back = retention.restore(tenant, ids);
    return success(json -> new RemovalJson(json).blocks(back));
  }

  /** What the policies of retention take next, and what is hidden. */
  public String plan() {
    RetentionPlan plan = retention.plan();
    return success(json -> new RemovalJson(json).plan(plan));
  }

  /**
   * Does it.
   *
   * @param confirm also when retention refuses by itself
   */
  public String run(boolean confirm) {
    if (confirm) {
      retention.confirm();
    } else {
      retention.run();
    }
    return plan();
  }

  /** Shows everything again that the policies hide or removed and that is still there. */
  public String undo() {
    List<BlockEntry> back = retention.undo();
    return success(json -> new RemovalJson(json).blocks(back));
  }

  /** What went for good. */
  public String history() {
    List<Change.Removed> removed = retention.history();
    return success(json -> new RemovalJson(json).history(removed));
  }
}
