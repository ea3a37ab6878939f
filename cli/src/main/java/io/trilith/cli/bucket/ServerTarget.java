package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.logstore.LogBatch;
import io.trilith.net.Snappy;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.query.prometheus.HistogramProto;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.block.SeriesCursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** Sends imported data to a running server by its own receivers, which it waits for. */
final class ServerTarget implements ImportTarget {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int SAMPLES_AT_ONCE = 20_000;
  private static final int ENTRIES_AT_ONCE = 5_000;
  private static final int BYTES_AT_ONCE = 2 << 20;
  private static final int TRIES = 120;

  /** How the receivers end a message about several items: {@code (7 items refused)}. */
  private static final String SEVERAL = " items refused)";

  private final Api api;
  private final String url;
  private final ImportTally tally;
  private ProtoWriter request = new ProtoWriter();
  private int waiting;
  private long requests;

  ServerTarget(Api api, String url, ImportTally tally) {
    this.api = api;
    this.url = url;
    this.tally = tally;
  }

  /** Again while the server is busy: it says 429 when a queue or a head is full. */
  private String post(String path, String type, String encoding, byte[] body) {
    for (int left = TRIES; ; left--) {
      try {
        String answer = api.post(path, type, encoding, body);
        requests++;
        return answer;
      } catch (ApiException e) {
        String message = String.valueOf(e.getMessage());
        if (message.startsWith(path + ": 400 ")) {
          // Some items: all others of the request were taken.
          refused(message.substring(path.length() + ": 400 ".length()).strip());
          requests++;
          return "";
        }
        if (left == 0 || !message.startsWith(path + ": 429 ")) {
          throw e;
        }
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
      }
    }
  }

  private void refused(String reason) {
    int end = reason.lastIndexOf(SEVERAL);
    int begin = end < 0 ? -1 : reason.lastIndexOf('(', end);
    long count = 1;
    if (begin >= 0) {
      try {
        count = Long.parseLong(reason.substring(begin + 1, end));
      } catch (NumberFormatException e) {
        count = 1;
      }
    }
    tally.refused(count, reason);
  }

  @Override
  public void traces(List<byte[]> lines) {
    lines.forEach(this::traces);
  }

  private void traces(byte[] otlpJson) {
    String answer = post("/v1/traces", "application/json", "", otlpJson);
    if (!answer.isBlank()) {
      Api.Node partial = Api.parse(answer).at("partialSuccess");
      long spans = partial.at("rejectedSpans").integer();
      if (spans > 0) {
        tally.refused(spans, partial.at("errorMessage").text());
      }
    }
  }

  @Override
  public long metrics(SeriesCursor series, Map<String, MetricMetadata> metadata) {
    SampleBuffer samples = new SampleBuffer();
    long taken = 0;
    while (series.next()) {
      series.read(samples);
      for (int from = 0; from < samples.size(); ) {
        int to = Math.min(samples.size(), from + SAMPLES_AT_ONCE - waiting);
        put(series.labels(), samples, from, to);
        waiting += to - from;
        from = to;
        if (waiting >= SAMPLES_AT_ONCE) {
          send();
        }
      }
      taken += samples.size();
    }
    metadata.forEach(this::metadata);
    send();
    return taken;
  }

  private void put(Labels labels, SampleBuffer samples, int from, int to) {
    int series = request.begin(1);
    for (int i = 0; i < labels.size(); i++) {
      int label = request.begin(1);
      request.string(1, labels.name(i)).string(2, labels.value(i)).end(label);
    }
    for (int i = from; i < to; i++) {
      long time = samples.timestamps()[i];
      if (samples.histogram(i) == null) {
        int sample = request.begin(2);
        long bits = Double.doubleToRawLongBits(samples.values()[i]);
        request.fixed64(1, bits).varint(2, time).end(sample);
      } else {
        int histogram = request.begin(4);
        HistogramProto.remote(request, samples.histogram(i), time);
        request.end(histogram);
      }
    }
    request.end(series);
  }

  private void metadata(String metric, MetricMetadata entry) {
    int begin = request.begin(3);
    request.varint(1, entry.type().ordinal()).string(2, metric);
    request.string(4, entry.help()).string(5, entry.unit()).end(begin);
    waiting++;
  }

  private void send() {
    if (waiting > 0) {
      byte[] body = Snappy.encode(request.toBytes());
      String _ = post("/api/v1/write", "application/x-protobuf", "snappy", body);
      request = new ProtoWriter();
      waiting = 0;
    }
  }

  @Override
  public void logs(LogBatch batch) {
    for (int from = 0; from < batch.entries(); ) {
      int to = from;
      long bytes = 0;
      while (to < batch.entries() && to - from < ENTRIES_AT_ONCE && bytes < BYTES_AT_ONCE) {
        bytes += batch.lineEnd(to) - batch.lineStart(to);
        to++;
      }
      String _ = post("/loki/api/v1/push", "application/json", "", json(batch, from, to));
      from = to;
    }
  }

  private static byte[] json(LogBatch batch, int from, int to) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeArrayFieldStart("streams");
      for (int i = from; i < to; ) {
        int stream = batch.stream(i);
        json.writeStartObject();
        json.writeFieldName("stream");
        labels(batch.streams().get(stream), json);
        json.writeArrayFieldStart("values");
        for (; i < to && batch.stream(i) == stream; i++) {
          json.writeStartArray();
          json.writeString(Long.toString(batch.time(i)));
          int length = batch.lineEnd(i) - batch.lineStart(i);
          json.writeString(
              new String(batch.lines(), batch.lineStart(i), length, StandardCharsets.UTF_8));
          labels(batch.metadata(i), json);
          json.writeEndArray();
        }
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void labels(Labels labels, JsonGenerator json) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < labels.size(); i++) {
      json.writeStringField(labels.name(i), labels.value(i));
    }
    json.writeEndObject();
  }

  @Override
  public String summary() {
    return requests + " requests to " + url;
  }
}
