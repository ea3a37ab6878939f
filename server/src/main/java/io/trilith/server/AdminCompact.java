package io.trilith.server;

import io.trilith.compactor.BlockMerge;
import io.trilith.compactor.SignalBlocks;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code POST /admin/compact}: merges all that can be, as if nothing new was to come, and answers
 * with what was done. Each merge is a commit of its own: when the call ends early, what was done
 * stays done. Parameters: signal, tenant.
 */
final class AdminCompact {
  private final List<SignalBlocks> merges;

  AdminCompact(List<SignalBlocks> merges) {
    this.merges = merges;
  }

  HttpAnswer answer(HttpRequest request) throws IOException {
    Optional<String> tenant = request.parameter("tenant");
    Optional<Signal> signal = request.parameter("signal").map(AdminCompact::signal);
    List<BlockMerge.Merged> done = new ArrayList<>();
    for (SignalBlocks one : merges) {
      if (signal.isEmpty() || signal.get() == one.signal()) {
        one.merge().compact(id -> tenant.isEmpty() || id.value().equals(tenant.get()), done::add);
      }
    }
    return HttpAnswer.json(200, json(done));
  }

  private static Signal signal(String text) {
    for (Signal signal : Signal.values()) {
      if (signal.text().equals(text.toLowerCase(Locale.ROOT))) {
        return signal;
      }
    }
    throw new InvalidRequestException(
        "signal '" + text + "' is not known; give metrics, logs or traces");
  }

  private static String json(List<BlockMerge.Merged> done) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("merges").beginArray();
    for (BlockMerge.Merged merge : done) {
      BlockEntry output = merge.output();
      json.beginObject().name("signal").value(output.signal().text());
      json.name("tenant").value(output.tenant().value());
      json.name("inputs").beginArray();
      for (BlockEntry input : merge.inputs()) {
        json.value(input.id().text());
      }
      json.endArray().name("bytes_in").value(bytes(merge.inputs()));
      json.name("output").value(output.id().text());
      json.name("bytes_out").value(output.bytes());
      json.name("items").value(output.items());
      json.name("level").value(output.level()).endObject();
    }
    json.endArray().endObject();
    json.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static long bytes(List<BlockEntry> blocks) {
    return blocks.stream().mapToLong(BlockEntry::bytes).sum();
  }
}
