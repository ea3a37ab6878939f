package io.trilith.query.prometheus;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryInterruptedException;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Snappy;
import io.trilith.net.wire.Numbers;
import io.trilith.net.wire.ProtoReader;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.query.prometheus.chunks.ChunkStream;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Prometheus's remote read, version 1 ({@code prometheus.ReadRequest} in a snappy block): samples
 * in one snappy block, or streamed chunks, whichever the client names first. Thread-safe.
 */
final class RemoteRead {
  private static final int SAMPLES = 0;
  private static final int STREAMED_CHUNKS = 1;
  private static final int FRAME_BYTES = 1 << 20;

  /** Queries and matchers of one request at most. */
  private static final int MATCHERS_MAX = 10_000;

  /** What a sample, and a series without its labels, takes in an answer at most. */
  private static final int SAMPLE_BYTES = 22;

  private final SeriesQueries queries;

  RemoteRead(SeriesQueries queries) {
    this.queries = queries;
  }

  /** One selection, both ends of the range included. */
  private record Query(long minMillis, long maxMillis, List<Matcher> matchers) {}

  private record Request(List<Query> queries, Numbers accepted) {
    boolean streamed() {
      for (int i = 0; i < accepted.size(); i++) {
        if (accepted.get(i) == SAMPLES) {
          return false;
        }
        if (accepted.get(i) == STREAMED_CHUNKS) {
          return true;
        }
      }
      if (accepted.size() > 0) {
        throw new InvalidRequestException(
            "none of the requested response types is supported; supported: SAMPLES,"
                + " STREAMED_XOR_CHUNKS");
      }
      return false;
    }
  }

  HttpAnswer answer(HttpRequest request) throws InterruptedException {
    if (!request.method().equals("POST")) {
      throw new InvalidRequestException("remote read takes a POST with a snappy block as body");
    }
    Request asked = request(request);
    return asked.streamed() ? streamed(request, asked) : samples(request, asked);
  }

  private static Request request(HttpRequest request) {
    byte[] body = request.body();
    // With its Content-Encoding said, the server has undone the block already.
    byte[] plain =
        request.header("content-encoding").isEmpty() ? new Snappy(64L << 20).decode(body) : body;
    List<Query> queries = new ArrayList<>();
    Numbers accepted = new Numbers();
    ProtoReader in = new ProtoReader(plain);
    int matchers = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          Query query = query(in.message(), MATCHERS_MAX - matchers);
          matchers += 1 + query.matchers().size();
          queries.add(query);
        }
        case 2 -> in.varints(accepted);
        default -> in.skip();
      }
    }
    return new Request(queries, accepted);
  }

  private static Query query(ProtoReader in, int matchersMax) {
    if (matchersMax < 1) {
      throw tooMany();
    }
    long min = 0;
    long max = 0;
    List<Matcher> matchers = new ArrayList<>();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> min = in.varint();
        case 2 -> max = in.varint();
        case 3 -> {
          if (matchers.size() >= matchersMax) {
            throw tooMany();
          }
          matchers.add(matcher(in.message()));
        }
        default -> in.skip();
      }
    }
    return new Query(min, max, matchers);
  }

  private static InvalidRequestException tooMany() {
    return new InvalidRequestException(
        "a remote read has more than " + MATCHERS_MAX + " queries and matchers; ask for less");
  }

  private static Matcher matcher(ProtoReader in) {
    long type = 0;
    String name = "";
    String value = "";
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> type = in.varint();
        case 2 -> name = in.string("a matcher's name");
        case 3 -> value = in.string("a matcher's value");
        default -> in.skip();
      }
    }
    Matcher.Op[] ops = Matcher.Op.values();
    if (type < 0 || type >= ops.length) {
      throw new InvalidRequestException("matcher type " + type + " of " + name + " is not known");
    }
    return Matcher.of(name, ops[(int) type], value);
  }

  private HttpAnswer samples(HttpRequest request, Request asked) throws InterruptedException {
    byte[] message =
        queries.ask(
            request,
            (reader, context) -> {
              ProtoWriter out = new ProtoWriter();
              for (Query query : asked.queries()) {
                int result = out.begin(1);
                read(query, reader, context, (labels, samples) -> series(out, labels, samples));
                out.end(result);
              }
              return out.toBytes();
            });
    return new HttpAnswer.Whole(
        200,
        Map.of("content-type", "application/x-protobuf", "content-encoding", "snappy"),
        Snappy.encode(message));
  }

  private static void series(ProtoWriter out, Labels labels, SampleBuffer samples) {
    int series = out.begin(1);
    labels(out, labels);
    for (int i = 0; i < samples.size(); i++) {
      long time = samples.timestamps()[i];
      if (samples.histogram(i) == null) {
        int sample = out.begin(2);
        out.fixed64(1, Double.doubleToRawLongBits(samples.values()[i])).varint(2, time);
        out.end(sample);
      } else {
        int histogram = out.begin(4);
        HistogramProto.remote(out, samples.histogram(i), time);
        out.end(histogram);
      }
    }
    out.end(series);
  }

  private static void labels(ProtoWriter out, Labels labels) {
    for (int i = 0; i < labels.size(); i++) {
      int label = out.begin(1);
      out.string(1, labels.name(i)).string(2, labels.value(i));
      out.end(label);
    }
  }

  /** Takes a series that has samples. The buffer is filled anew for the next one. */
  @FunctionalInterface
  private interface SeriesSink {
    void series(Labels labels, SampleBuffer samples) throws IOException;
  }

  private static void read(
      Query query, SeriesReader reader, QueryContext context, SeriesSink sink) {
    SeriesSet found =
        reader.select(
            query.matchers(), query.minMillis(), query.maxMillis(), context.budget()::addBytes);
    context.budget().addSeries(found.size());
    SampleBuffer samples = new SampleBuffer();
    try {
      for (int i = 0; i < found.size(); i++) {
        context.check();
        found.read(i, query.minMillis(), query.maxMillis(), samples);
        if (samples.size() > 0) {
          context.budget().addSamples(samples.size());
          context.budget().addBytes((long) SAMPLE_BYTES * samples.size());
          sink.series(found.labels(i), samples);
        }
      }
    } catch (IOException e) {
      throw new QueryInterruptedException(
          QueryInterruptedException.Reason.CANCELLED, "the client is gone: " + e.getMessage());
    }
  }

  private HttpAnswer streamed(HttpRequest request, Request asked) {
    return new HttpAnswer.Streamed(
        200,
        Map.of(
            "content-type",
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"),
        out -> {
          try {
            queries.ask(
                request,
                (reader, context) -> {
                  Frames frames = new Frames(out, context);
                  for (int i = 0; i < asked.queries().size(); i++) {
                    frames.query = i;
                    read(asked.queries().get(i), reader, context, frames::series);
                  }
                  return frames;
                });
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
          }
        });
  }

  /** Series as messages of up to a megabyte, each behind its length and checksum. */
  private static final class Frames {
    private final OutputStream out;
    private final QueryContext context;
    private final ChunkStream chunks = new ChunkStream();
    private int query;

    Frames(OutputStream out, QueryContext context) {
      this.out = out;
      this.context = context;
    }

    void series(Labels labels, SampleBuffer samples) throws IOException {
      List<ProtoWriter> frames = new ArrayList<>();
      frames.add(frame(labels));
      chunks.write(
          samples,
          (encoding, minMillis, maxMillis, data) -> {
            if (frames.getLast().size() > FRAME_BYTES) {
              frames.add(frame(labels));
            }
            ProtoWriter series = frames.getLast();
            int chunk = series.begin(2);
            series.varint(1, minMillis).varint(2, maxMillis).varint(3, encoding.ordinal());
            series.bytes(4, data).end(chunk);
          });
      for (ProtoWriter series : frames) {
        ProtoWriter message = new ProtoWriter();
        message.bytes(1, series.toBytes()).varint(2, query);
        write(message.toBytes());
      }
      // What is sent is not held any more.
      context.budget().giveBack((long) SAMPLE_BYTES * samples.size());
    }

    private static ProtoWriter frame(Labels labels) {
      ProtoWriter series = new ProtoWriter();
      RemoteRead.labels(series, labels);
      return series;
    }

    private void write(byte[] message) throws IOException {
      CRC32C crc = new CRC32C();
      crc.update(message);
      byte[] length = new ProtoWriter().rawVarint(message.length).toBytes();
      ByteBuffer head = ByteBuffer.allocate(length.length + 4);
      out.write(head.put(length).putInt((int) crc.getValue()).array());
      out.write(message);
    }
  }
}
