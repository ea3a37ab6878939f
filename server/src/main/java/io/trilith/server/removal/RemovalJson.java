package io.trilith.server.removal;

import io.trilith.compactor.RetentionPlan;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** How deletions and what retention does look in answers. */
final class RemovalJson {
  private final JsonWriter json;

  RemovalJson(JsonWriter json) {
    this.json = json;
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }

  /** A bound of a range; empty for an open end. */
  private static String time(Signal signal, long time) {
    if (time == Long.MIN_VALUE || time == Long.MAX_VALUE) {
      return "";
    }
    return signal.instant(time).toString();
  }

  /**
   * A deletion with its status.
   *
   * @param pending its blocks in which rows may be left
   * @param waitsFor what is in its way
   */
  void deletion(Deletion deletion, List<BlockEntry> pending, List<String> waitsFor, long nowMillis)
      throws IOException {
    json.beginObject();
    json.name("id").value(deletion.id());
    json.name("tenant").value(deletion.tenant().value());
    json.name("status").value(status(deletion, nowMillis));
    json.name("created").value(time(deletion.createdMillis()));
    json.name("due").value(time(deletion.dueMillis()));
    json.name("by").value(deletion.asked().by());
    json.name("parts").beginArray();
    for (Deletion.Part part : deletion.parts()) {
      json.beginObject().name("signal").value(part.signal().text());
      json.name("selectors").beginArray();
      for (String selector : part.selectors()) {
        json.value(selector);
      }
      json.endArray();
      json.name("from").value(time(part.signal(), part.minTime()));
      json.name("to").value(time(part.signal(), part.maxTime()));
      if (part.signal() == Signal.TRACES) {
        json.name("traces").value(part.found().size() / 2);
      }
      List<BlockEntry> own =
          pending.stream().filter(block -> part.blocks().contains(block.id())).toList();
      json.name("blocksPending").value(own.size());
      json.name("bytesLeft").value(own.stream().mapToLong(BlockEntry::bytes).sum());
      json.name("rowsRemoved").value(part.items());
      json.name("bytesRemoved").value(part.bytes());
      json.endObject();
    }
    json.endArray();
    json.name("blocksPending").value(pending.size());
    json.name("bytesLeft").value(pending.stream().mapToLong(BlockEntry::bytes).sum());
    json.name("waitsFor");
    texts(waitsFor);
    if (deletion.ended().cancelled()) {
      json.name("cancelled").value(time(deletion.completedMillis()));
      json.name("cancelledBy").value(deletion.ended().by());
      json.name("cancelledByCommit").value(deletion.completedBy());
    }
    if (deletion.isCompleted()) {
      proof(deletion);
    }
    json.endObject();
  }

  private void proof(Deletion deletion) throws IOException {
    json.name("proof").beginObject();
    json.name("askedBy").value(deletion.asked().by());
    json.name("asked").value(time(deletion.createdMillis()));
    json.name("createdByCommit").value(deletion.createdBy());
    json.name("completedByCommit").value(deletion.completedBy());
    json.name("completed").value(time(deletion.completedMillis()));
    json.name("rows").beginObject();
    for (Signal signal : Signal.values()) {
      long rows =
          deletion.parts().stream()
              .filter(part -> part.signal() == signal)
              .mapToLong(Deletion.Part::items)
              .sum();
      json.name(signal.text()).value(rows);
    }
    json.endObject();
    json.name("log").value(deletion.asked().log());
    json.name("logSegmentsGoneBelow").value(deletion.asked().logEnd());
    json.name("outOfReach");
    texts(deletion.ended().outOfReach());
    json.endObject();
  }

  private void texts(List<String> texts) throws IOException {
    json.beginArray();
    for (String text : texts) {
      json.value(text);
    }
    json.endArray();
  }

  private static String status(Deletion deletion, long nowMillis) {
    if (deletion.isCompleted()) {
      return "completed";
    }
    if (deletion.ended().cancelled()) {
      return "cancelled";
    }
    return deletion.isDue(nowMillis) ? "rewriting" : "hidden";
  }

  void plan(RetentionPlan plan) throws IOException {
    json.beginObject();
    json.name("refused").value(plan.refusal());
    json.name("liveRows").value(plan.liveRows());
    json.name("rows").value(plan.rows());
    json.name("liveBytes").value(plan.liveBytes());
    json.name("bytes").value(plan.bytes());
    json.name("removed");
    steps(plan.removed());
    json.name("rewritten");
    steps(plan.rewritten());
    json.name("hidden");
    steps(plan.hidden());
    json.name("restorable");
    doomed(plan.doomed());
    json.endObject();
  }

  private void steps(List<RetentionPlan.Step> steps) throws IOException {
    json.beginArray();
    for (RetentionPlan.Step step : steps) {
      json.beginObject();
      block(step.block());
      json.name("rowsRemoved").value(step.rows());
      json.name("bytesRemoved").value(step.bytes());
      json.name("reason").value(step.reason()).endObject();
    }
    json.endArray();
  }

  private void block(BlockEntry block) throws IOException {
    json.name("block").value(block.id().text());
    json.name("signal").value(block.signal().text());
    json.name("tenant").value(block.tenant().value());
    json.name("from").value(time(block.signal(), block.minTime()));
    json.name("to").value(time(block.signal(), block.maxTime()));
    json.name("items").value(block.items());
    json.name("bytes").value(block.bytes());
  }

  void doomed(List<Change.Doomed> blocks) throws IOException {
    json.beginArray();
    for (Change.Doomed one : blocks) {
      json.beginObject();
      block(one.block());
      json.name("until").value(time(one.untilMillis()));
      json.name("reason").value(one.reason()).endObject();
    }
    json.endArray();
  }

  void history(List<Change.Removed> removed) throws IOException {
    json.beginArray();
    for (Change.Removed one : removed) {
      json.beginObject();
      json.name("time").value(time(one.millis()));
      json.name("policy").value(one.policy());
      json.name("tenant").value(one.tenant().value());
      json.name("signal").value(one.signal().text());
      json.name("rows").value(one.rows());
      json.name("bytes").value(one.bytes()).endObject();
    }
    json.endArray();
  }

  void blocks(List<BlockEntry> blocks) throws IOException {
    json.beginArray();
    for (BlockEntry block : blocks) {
      json.beginObject();
      block(block);
      json.endObject();
    }
    json.endArray();
  }
}
