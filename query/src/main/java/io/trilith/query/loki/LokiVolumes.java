package io.trilith.query.loki;

import io.trilith.engine.QueryContext;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logstore.Scan;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.query.loki.LokiParameters.Span;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.Conversions;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How many bytes of lines there are, counted entry by entry where pages do not say. Thread-safe.
 */
final class LokiVolumes {
  /** A group with its map of labels, which the tree compares as text. */
  private static final int GROUP_BYTES = 600;

  private static final int WEIGHED_BYTES = 40;

  private static final int VOLUMES_DEFAULT = 100;
  private static final String SHARD_DEFAULT = "600MB";
  private static final int SHARDS_MAX = 10_000;

  private final LokiQueries queries;
  private final QueryParser parser;
  private final InstantSource clock;

  LokiVolumes(LokiQueries queries, QueryParser parser, InstantSource clock) {
    this.queries = queries;
    this.parser = parser;
    this.clock = clock;
  }

  /**
   * What is asked for.
   *
   * @param targets labels by which streams are told apart; empty for all that they have
   * @param byLabels whether bytes are counted by names of labels, not by their values
   */
  private record Question(
      List<Matcher> matchers, Set<String> targets, boolean byLabels, Span span, long step) {
    Span bucket(int i) {
      long start = span.start() + i * step;
      return new Span(start, span.end() - start <= step ? span.end() : start + step);
    }

    int buckets() {
      long length = span.end() - span.start();
      return (int) (length / step + (length % step == 0 ? 0 : 1));
    }
  }

  /**
   * Bytes of a group of streams.
   *
   * @param labels of which one may have no value
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Volume(Map<String, String> labels, long[] bytes) {
    long total() {
      long total = 0;
      for (long part : bytes) {
        total += part;
      }
      return total;
    }
  }

  private Question question(HttpRequest request, boolean range) {
    Span span = LokiParameters.span(request, clock, LokiQueries.HOUR);
    queries.checkRange(request, span);
    long step = range ? LokiParameters.step(request, span) : Long.MAX_VALUE;
    if (range) {
      queries.checkPoints(span, step);
    }
    String by = request.parameter("aggregateBy").orElse("series");
    if (!by.equals("series") && !by.equals("labels")) {
      throw new InvalidRequestException(
          "invalid aggregation option: " + LokiParameters.shown(by) + "; series or labels");
    }
    List<Matcher> matchers = new ArrayList<>(selector(request));
    Set<String> targets = new TreeSet<>();
    for (String name : request.parameter("targetLabels").orElse("").split(",", -1)) {
      if (!name.isBlank() && targets.add(name.strip())) {
        // As in Loki, streams without the label do not count.
        matchers.add(Matcher.of(name.strip(), Matcher.Op.NOT_EQUAL, ""));
      }
    }
    if (targets.isEmpty()) {
      matchers.forEach(matcher -> targets.add(matcher.name()));
    }
    return new Question(matchers, targets, by.equals("labels"), span, step);
  }

  private List<Matcher> selector(HttpRequest request) {
    String query = LokiParameters.query(request);
    return query.isBlank() || query.replace(" ", "").equals("{}")
        ? List.of()
        : parser.parseLogs(query).matchers();
  }

  HttpAnswer volume(HttpRequest request) throws InterruptedException {
    Question question = question(request, false);
    List<Volume> volumes = volumes(request, question);
    return LokiEnvelope.success(
        json -> {
          json.beginObject().name("resultType").value("vector").name("result").beginArray();
          for (Volume volume : volumes) {
            metric(json, volume);
            point(json.name("value"), question.span().end(), volume.total());
            json.endObject();
          }
          json.endArray().endObject();
        });
  }

  HttpAnswer volumeRange(HttpRequest request) throws InterruptedException {
    Question question = question(request, true);
    List<Volume> volumes = volumes(request, question);
    return LokiEnvelope.success(
        json -> {
          json.beginObject().name("resultType").value("matrix").name("result").beginArray();
          for (Volume volume : volumes) {
            metric(json, volume);
            json.name("values").beginArray();
            for (int i = 0; i < volume.bytes().length; i++) {
              if (volume.bytes()[i] > 0) {
                point(json, question.bucket(i).end(), volume.bytes()[i]);
              }
            }
            json.endArray().endObject();
          }
          json.endArray().endObject();
        });
  }

  private static void metric(JsonWriter json, Volume volume) throws IOException {
    json.beginObject().name("metric").beginObject();
    for (Map.Entry<String, String> label : volume.labels().entrySet()) {
      json.name(label.getKey()).value(label.getValue());
    }
    json.endObject();
  }

  private static void point(JsonWriter json, long time, long bytes) throws IOException {
    json.beginArray().raw(LokiResultWriter.seconds(Math.floorDiv(time, 1_000_000L)));
    json.value(Long.toString(bytes)).endArray();
  }

  /** The largest groups, the largest first. */
  private List<Volume> volumes(HttpRequest request, Question question) throws InterruptedException {
    int limit = LokiParameters.limit(request, "limit", VOLUMES_DEFAULT);
    Map<Map<String, String>, Volume> groups =
        queries.run(request, (reader, context) -> groups(question, reader, context));
    List<Volume> volumes = new ArrayList<>(groups.values());
    volumes.removeIf(volume -> volume.total() == 0);
    volumes.sort(
        Comparator.comparingLong(Volume::total)
            .reversed()
            .thenComparing(volume -> volume.labels().toString()));
    return volumes.subList(0, Math.min(limit, volumes.size()));
  }

  private static Map<Map<String, String>, Volume> groups(
      Question question, StreamReader reader, QueryContext context) {
    Map<Map<String, String>, Volume> groups = new TreeMap<>(Comparator.comparing(Map::toString));
    int buckets = question.buckets();
    if (buckets == 0) {
      return groups;
    }
    long[] bounds = new long[buckets + 1];
    for (int i = 0; i < buckets; i++) {
      bounds[i] = before(question.bucket(i).start());
    }
    bounds[buckets] = before(question.span().end());
    Span span = question.span();
    StreamSet streams =
        reader.select(
            question.matchers(), span.start(), before(span.end()), context.budget()::addBytes);
    context.budget().addSeries(streams.size());
    long[] entries = new long[buckets];
    long[] bytes = new long[buckets];
    for (int i = 0; i < streams.size(); i++) {
      context.check();
      Arrays.fill(bytes, 0);
      streams.count(i, bounds, entries, bytes, Scan.everything());
      for (Map<String, String> group : groupsOf(question, streams.labels(i))) {
        Volume volume = groups.get(group);
        if (volume == null) {
          context.budget().addBytes(GROUP_BYTES + 8L * buckets);
          volume = new Volume(group, new long[buckets]);
          groups.put(group, volume);
        }
        for (int at = 0; at < buckets; at++) {
          volume.bytes()[at] += bytes[at];
        }
      }
    }
    return groups;
  }

  /** The last nanosecond before a time. */
  private static long before(long time) {
    return time == Long.MIN_VALUE ? time : time - 1;
  }

  private static List<Map<String, String>> groupsOf(Question question, Labels stream) {
    List<Map<String, String>> groups = new ArrayList<>();
    Map<String, String> series = new TreeMap<>();
    for (int i = 0; i < stream.size(); i++) {
      String name = stream.name(i);
      if (question.targets().isEmpty() || question.targets().contains(name)) {
        groups.add(Map.of(name, ""));
        series.put(name, stream.value(i));
      }
    }
    return question.byLabels() ? groups : List.of(series);
  }

  /**
   * Streams of like volume.
   *
   * @param max the largest fingerprint of its streams
   */
  private record Shard(long min, long max, long streams, long chunks, long entries, long bytes) {}

  /** A stream by its fingerprint. */
  private record Weighed(long fingerprint, long entries, long bytes) {}

  /** Which ranges of fingerprints hold about as many bytes as the client wants in one query. */
  HttpAnswer shards(HttpRequest request) throws InterruptedException {
    Span span = LokiParameters.span(request, clock, LokiQueries.HOUR);
    queries.checkRange(request, span);
    long target = target(request);
    List<Matcher> matchers = parser.parseLogs(LokiParameters.query(request)).matchers();
    List<Shard> shards =
        queries.run(request, (reader, context) -> shards(matchers, span, target, reader, context));
    return LokiEnvelope.json(
        json -> {
          json.beginObject().name("shards").beginArray();
          for (Shard shard : shards) {
            json.beginObject().name("bounds").beginObject();
            json.name("min").raw(Long.toUnsignedString(shard.min()));
            json.name("max").raw(Long.toUnsignedString(shard.max())).endObject();
            json.name("stats").beginObject().name("streams").value(shard.streams());
            json.name("chunks").value(shard.chunks()).name("bytes").value(shard.bytes());
            json.name("entries").value(shard.entries()).endObject().endObject();
          }
          json.endArray().name("statistics").beginObject().endObject().endObject();
        });
  }

  private static long target(HttpRequest request) {
    String text = request.parameter("targetBytesPerShard").orElse(SHARD_DEFAULT);
    try {
      double bytes = text.isEmpty() ? 0 : Conversions.bytes(text);
      if (bytes >= 1 && bytes <= 1L << 60) {
        return (long) bytes;
      }
    } catch (Conversions.Failure e) {
      // told below
    }
    throw new InvalidRequestException(
        "targetBytesPerShard must be a positive value such as 600MB, not '"
            + LokiParameters.shown(text)
            + "'");
  }

  private static List<Shard> shards(
      List<Matcher> matchers, Span span, long target, StreamReader reader, QueryContext context) {
    List<Weighed> weighed = new ArrayList<>();
    if (span.start() < span.end()) {
      StreamSet streams =
          reader.select(matchers, span.start(), before(span.end()), context.budget()::addBytes);
      context.budget().addSeries(streams.size());
      context.budget().addBytes(WEIGHED_BYTES * (long) streams.size());
      long[] bounds = {before(span.start()), before(span.end())};
      for (int i = 0; i < streams.size(); i++) {
        context.check();
        long[] entries = new long[1];
        long[] bytes = new long[1];
        streams.count(i, bounds, entries, bytes, Scan.everything());
        if (entries[0] > 0) {
          weighed.add(new Weighed(fingerprint(streams.labels(i)), entries[0], bytes[0]));
        }
      }
    }
    weighed.sort((a, b) -> Long.compareUnsigned(a.fingerprint(), b.fingerprint()));
    long chunks =
        reader.volume(matchers, span.start(), span.end(), context.budget()::addBytes).chunks();
    return cut(weighed, target, chunks);
  }

  private static List<Shard> cut(List<Weighed> streams, long target, long allChunks) {
    List<Shard> shards = new ArrayList<>();
    long allEntries = Math.max(1, streams.stream().mapToLong(Weighed::entries).sum());
    long min = 0;
    int first = 0;
    long entries = 0;
    long bytes = 0;
    for (int i = 0; i < streams.size(); i++) {
      Weighed stream = streams.get(i);
      entries += stream.entries();
      bytes += stream.bytes();
      boolean last = i + 1 == streams.size();
      boolean full = bytes >= target && shards.size() < SHARDS_MAX;
      if (last || (full && streams.get(i + 1).fingerprint() != stream.fingerprint())) {
        long max = last ? -1 : stream.fingerprint();
        // Pages are shared out by entries: they may hold several streams.
        long chunks = Math.max(1, Math.round((double) allChunks * entries / allEntries));
        shards.add(new Shard(min, max, i + 1L - first, chunks, entries, bytes));
        min = max + 1;
        first = i + 1;
        entries = 0;
        bytes = 0;
      }
    }
    if (shards.isEmpty()) {
      shards.add(new Shard(0, -1, 0, 0, 0, 0));
    }
    return shards;
  }

  /** A hash of all labels whose values are spread over 64 bits. */
  private static long fingerprint(Labels labels) {
    long hash = 0xcbf29ce484222325L;
    String text = labels.toString();
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    return hash ^ (hash >>> 33);
  }
}
