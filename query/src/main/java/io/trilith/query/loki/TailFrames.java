package io.trilith.query.loki;

import io.trilith.logql.LogqlResult.LogEntry;
import io.trilith.logql.LogqlResult.LogStream;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.EntryLabels.Kind;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logstore.EntryCursor;
import io.trilith.net.WebSocket;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;

/** Makes the frames of one tail. Confined to one thread. */
final class TailFrames {
  /** Entries of one frame. */
  static final int ENTRIES_MAX = 100;

  /** Characters of one frame, unless one entry has more. */
  private static final long FRAME_MAX = 1 << 19;

  private final Pipeline pipeline;
  private final WebSocket socket;
  private final boolean legacy;
  private final Entry entry = new Entry();

  /** What history has shown: it may come again as news, when it arrived while history was read. */
  private final Set<Shown> shown = new HashSet<>();

  private record Shown(Map<String, String> labels, long time, String line) {}

  /**
   * Frames of a tail.
   *
   * @param legacy whether they have the form of Loki's first API
   */
  TailFrames(List<Stage> stages, WebSocket socket, boolean legacy) {
    this.legacy = legacy;
    this.pipeline = Pipeline.compile(stages);
    this.socket = socket;
  }

  /** Sends what was there before, the oldest first. */
  void history(List<LogStream> streams) throws IOException {
    List<Shown> entries = new ArrayList<>();
    for (LogStream stream : streams) {
      for (LogEntry one : stream.entries().reversed()) {
        entries.add(new Shown(stream.labels(), one.time(), one.line()));
      }
    }
    entries.sort(Comparator.comparingLong(Shown::time));
    shown.addAll(entries);
    for (int from = 0; from < entries.size(); from += ENTRIES_MAX) {
      send(entries.subList(from, Math.min(entries.size(), from + ENTRIES_MAX)), List.of());
    }
  }

  /** No news can be in history any more. */
  void forgetHistory() {
    shown.clear();
  }

  void send(LogTail.News news) throws IOException {
    List<Shown> kept = new ArrayList<>();
    for (LogTail.Arrived arrived : news.entries()) {
      entry.reset(arrived.stream(), new OneEntry(arrived));
      if (pipeline.process(entry)) {
        SortedMap<String, String> labels = entry.labels().ofKind(Kind.STREAM);
        labels.putAll(entry.labels().ofKind(Kind.METADATA));
        labels.putAll(entry.labels().ofKind(Kind.PARSED));
        Shown one = new Shown(labels, entry.time(), entry.text());
        if (!shown.remove(one)) {
          kept.add(one);
        }
      }
    }
    kept.sort(Comparator.comparingLong(Shown::time));
    if (!kept.isEmpty() || !news.dropped().isEmpty()) {
      send(kept, news.dropped());
    }
  }

  private static long characters(List<Shown> entries) {
    long characters = 0;
    for (Shown one : entries) {
      characters += one.line().length();
      for (String value : one.labels().values()) {
        characters += value.length();
      }
    }
    return characters;
  }

  private void send(List<Shown> entries, List<LogTail.Dropped> dropped) throws IOException {
    if (entries.size() > 1 && characters(entries) > FRAME_MAX) {
      int half = entries.size() / 2;
      send(entries.subList(0, half), List.of());
      send(entries.subList(half, entries.size()), dropped);
      return;
    }
    Map<Map<String, String>, List<Shown>> streams = new LinkedHashMap<>();
    for (Shown one : entries) {
      streams.computeIfAbsent(one.labels(), _ -> new ArrayList<>()).add(one);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 12);
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("streams").beginArray();
    for (Map.Entry<Map<String, String>, List<Shown>> stream : streams.entrySet()) {
      json.beginObject();
      if (legacy) {
        json.name("labels").value(LokiLegacy.labels(stream.getKey())).name("entries").beginArray();
        for (Shown one : stream.getValue()) {
          LokiLegacy.entry(json, one.time(), one.line());
        }
      } else {
        json.name("stream").beginObject();
        for (Map.Entry<String, String> label : stream.getKey().entrySet()) {
          json.name(label.getKey()).value(label.getValue());
        }
        json.endObject().name("values").beginArray();
        for (Shown one : stream.getValue()) {
          json.beginArray().value(Long.toString(one.time())).value(one.line()).endArray();
        }
      }
      json.endArray().endObject();
    }
    json.endArray();
    if (!dropped.isEmpty()) {
      json.name("dropped_entries").beginArray();
      for (LogTail.Dropped one : dropped) {
        json.beginObject().name("labels");
        LokiResultWriter.labels(json, one.stream());
        json.name("timestamp").value(Long.toString(one.time())).endObject();
      }
      json.endArray();
    }
    json.endObject();
    json.flush();
    socket.send(bytes.toString(StandardCharsets.UTF_8));
  }

  /** A cursor that stands on an entry that just arrived. */
  private record OneEntry(LogTail.Arrived arrived) implements EntryCursor {
    @Override
    public boolean next() {
      return false;
    }

    @Override
    public long timestamp() {
      return arrived.time();
    }

    @Override
    public byte[] lineArray() {
      return arrived.line();
    }

    @Override
    public int lineStart() {
      return 0;
    }

    @Override
    public int lineEnd() {
      return arrived.line().length;
    }

    @Override
    public Labels metadata() {
      return arrived.metadata();
    }
  }
}
