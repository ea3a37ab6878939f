package io.trilith.ingest.logs;

import io.trilith.ingest.Rejections;
import io.trilith.net.wire.JsonReader;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** Reads push requests of Loki, JSON and protobuf. One per request. */
final class PushDecoder {
  private static final long NANOS = 1_000_000_000L;

  private static final String PARSING = "error parsing the push request: ";

  private static final int JSON_DEPTH_MAX = 64;

  /** Of the labels of a stream, what is looked at: what goes beyond breaks every limit. */
  private static final int LABELS_MAX = 1 << 12;

  private static final int LABEL_TEXT_MAX = 1 << 20;

  /** A sign, leading zeros, the longest number. */
  private static final int NANOS_LENGTH_MAX = 64;

  private final LogCollector collector;
  private final Booking.Growth memory;
  private final ByteWriter line = new ByteWriter();

  // Of protobuf: the request, and cursors that are used again for what lies in an entry.
  private byte[] body = new byte[0];
  private final ProtoReader entry = new ProtoReader(body);
  private final ProtoReader nested = new ProtoReader(body);
  private final ProtoReader text = new ProtoReader(body);

  /**
   * A decoder.
   *
   * @param memory of the request
   */
  PushDecoder(LogCollector collector, Booking memory) {
    this.collector = collector;
    this.memory = memory.growth();
  }

  void json(byte[] body) {
    json(body, body.length);
  }

  /**
   * Throws InvalidRequestException when it is no such request. What stands before the fault may be
   * stored already when the request is large.
   */
  void json(byte[] request, int length) {
    body = request;
    JsonReader in = new JsonReader(request, 0, length, JSON_DEPTH_MAX, "malformed JSON");
    if (in.peek() != JsonReader.Kind.OBJECT) {
      throw in.wrong("the request is not an object");
    }
    in.beginObject();
    while (in.nextName()) {
      if (in.isName("streams") && in.peek() != JsonReader.Kind.NULL) {
        if (in.peek() != JsonReader.Kind.ARRAY) {
          throw in.wrong(PARSING + "streams is not an array");
        }
        in.beginArray();
        while (in.nextElement()) {
          stream(in);
        }
      } else {
        in.skip();
      }
    }
    in.end();
  }

  /** Labels and entries come in any order: where each begins is looked for first. */
  private void stream(JsonReader in) {
    if (in.peek() != JsonReader.Kind.OBJECT) {
      throw in.wrong(PARSING + "a stream is not an object");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    String problem = "";
    long values = 0;
    long entries = 0;
    in.beginObject();
    while (in.nextName()) {
      if (in.isName("stream")) {
        labels = new LinkedHashMap<>();
        problem = labels(in, labels);
      } else if (in.isName("values")) {
        if (in.peek() != JsonReader.Kind.ARRAY) {
          throw in.wrong(PARSING + "values is not an array");
        }
        values = skipped(in);
      } else if (in.isName("labels") && in.peek() == JsonReader.Kind.TEXT) {
        in.text();
        try {
          labels = StreamLabels.parse(in.string(LABEL_TEXT_MAX));
          problem = "";
        } catch (InvalidRequestException e) {
          problem = String.valueOf(e.getMessage());
        }
      } else if (in.isName("entries") && in.peek() == JsonReader.Kind.ARRAY) {
        entries = skipped(in);
      } else {
        in.skip();
      }
    }
    if (problem.isEmpty()) {
      collector.stream(labels);
    } else {
      collector.wrongStream(PARSING + problem);
    }
    if (values != 0) {
      entries((int) (values >>> 32), (int) values);
    }
    if (entries != 0) {
      entries((int) (entries >>> 32), (int) entries);
    }
  }

  /** Where a value begins and ends. */
  private static long skipped(JsonReader in) {
    int from = in.offset();
    in.skip();
    return (long) from << 32 | in.offset();
  }

  /** Reads the labels of a stream to their end; what is wrong with them, or empty. */
  private static String labels(JsonReader in, Map<String, String> into) {
    if (in.peek() != JsonReader.Kind.OBJECT) {
      throw in.wrong(PARSING + "stream is not an object");
    }
    int offset = in.offset();
    String problem = "";
    in.beginObject();
    while (in.nextName()) {
      String name = in.string(LABEL_TEXT_MAX);
      if (into.size() == LABELS_MAX) {
        in.skip();
        problem = "stream: there are more than " + LABELS_MAX + " labels";
      } else if (in.peek() == JsonReader.Kind.TEXT) {
        in.text();
        into.put(name, in.string(LABEL_TEXT_MAX));
      } else {
        in.skip();
        problem = "stream: the value of " + Rejections.quoted(name) + " is not a string";
      }
    }
    return problem.isEmpty() ? "" : problem + in.where(offset);
  }

  private void entries(int from, int to) {
    // Lines and columns are those of the whole request.
    JsonReader in = new JsonReader(body, 0, to, JSON_DEPTH_MAX, "malformed JSON").at(from);
    in.beginArray();
    while (in.nextElement()) {
      int offset = in.offset();
      String problem;
      if (in.peek() == JsonReader.Kind.ARRAY) {
        problem = entry(in);
      } else if (in.peek() == JsonReader.Kind.OBJECT) {
        problem = legacyEntry(in);
      } else {
        in.skip();
        problem = "an entry is not an array";
      }
      if (!problem.isEmpty()) {
        collector.wrongEntry("bad_entry", PARSING + problem + in.where(offset));
      }
    }
  }

  /** Reads an entry to its end and adds it; what is wrong with it, or empty. */
  private String entry(JsonReader in) {
    String problem = "";
    long time = 0;
    int part = 0;
    collector.metadata().clear();
    line.clear();
    int lineFrom = 0;
    int lineTo = 0;
    boolean copied = false;
    in.beginArray();
    for (; in.nextElement(); part++) {
      JsonReader.Kind kind = in.peek();
      if (!problem.isEmpty()) {
        in.skip();
      } else if (part == 0 && kind == JsonReader.Kind.TEXT) {
        in.text();
        OptionalLong nanos = nanos(in);
        time = nanos.orElse(0);
        problem =
            nanos.isPresent()
                ? ""
                : "the timestamp " + Rejections.quoted(in.string()) + " is not nanoseconds";
      } else if (part == 1 && kind == JsonReader.Kind.TEXT) {
        in.text();
        copied = in.isCopy();
        lineFrom = in.textFrom();
        lineTo = in.textTo();
        if (copied) {
          // The scratch of the reader is used again by the metadata.
          memory.cover(2L * in.textLength());
          line.putBytes(in.textArray(), lineFrom, lineTo - lineFrom);
        }
      } else if (part == 2 && kind == JsonReader.Kind.OBJECT) {
        problem = metadata(in);
      } else {
        problem =
            switch (part) {
              case 0 -> "a timestamp is not a string of nanoseconds";
              case 1 -> "a line is not a string";
              case 2 -> "structured metadata is not an object";
              default -> "an entry has more than three parts";
            };
        in.skip();
      }
    }
    if (problem.isEmpty() && part < 2) {
      problem = part == 0 ? "an entry is empty" : "an entry has no line";
    }
    if (problem.isEmpty()) {
      if (copied) {
        collector.entry(time, line.array(), 0, line.size());
      } else {
        collector.entry(time, body, lineFrom, lineTo);
      }
    }
    return problem;
  }

  /** An entry of Loki's first API, {@code {"ts": …, "line": …}}; what is wrong, or empty. */
  private String legacyEntry(JsonReader in) {
    String problem = "the entry has no ts";
    long time = 0;
    collector.metadata().clear();
    line.clear();
    in.beginObject();
    while (in.nextName()) {
      if (in.isName("ts") && in.peek() == JsonReader.Kind.TEXT) {
        in.text();
        String text = in.string();
        OptionalLong nanos = rfc3339(text);
        time = nanos.orElse(0);
        problem =
            nanos.isPresent()
                ? ""
                : "the timestamp " + Rejections.quoted(text) + " is not a time of RFC 3339";
      } else if (in.isName("line") && in.peek() == JsonReader.Kind.TEXT) {
        in.text();
        memory.cover(2L * in.textLength());
        line.clear();
        line.putBytes(in.textArray(), in.textFrom(), in.textLength());
      } else {
        in.skip();
      }
    }
    if (problem.isEmpty()) {
      collector.entry(time, line.array(), 0, line.size());
    }
    return problem;
  }

  private static OptionalLong rfc3339(String text) {
    try {
      Instant time = OffsetDateTime.parse(text).toInstant();
      return OptionalLong.of(
          Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano()));
    } catch (DateTimeException | ArithmeticException e) {
      return OptionalLong.empty();
    }
  }

  /** Reads structured metadata to its end; what is wrong with it, or empty. */
  private String metadata(JsonReader in) {
    String problem = "";
    in.beginObject();
    while (in.nextName()) {
      EntryMetadata.Name name =
          collector.metadata().name(in.textArray(), in.textFrom(), in.textTo());
      if (in.peek() == JsonReader.Kind.TEXT) {
        in.text();
        byte[] array = in.isCopy() ? in.textBytes() : body;
        int from = in.isCopy() ? 0 : in.textFrom();
        collector.metadata().setWire(name, array, from, from + in.textLength());
      } else {
        in.skip();
        problem =
            "structured metadata: the value of "
                + Rejections.quoted(name.text())
                + " is not a string";
      }
    }
    return problem;
  }

  private static OptionalLong nanos(JsonReader in) {
    if (in.textLength() > NANOS_LENGTH_MAX) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(in.string()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  void protobuf(byte[] body) {
    protobuf(body, body.length);
  }

  /** Throws InvalidRequestException when it is no such request: nothing of it may be stored. */
  void protobuf(byte[] body, int length) {
    this.body = body;
    ProtoReader in = new ProtoReader(body, 0, length);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        stream(in.message());
      } else {
        in.skip();
      }
    }
  }

  private void stream(ProtoReader in) {
    ProtoReader again = in.copy();
    int labelsFrom = 0;
    int labelsTo = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        in.message(nested);
        labelsFrom = nested.offset();
        labelsTo = nested.limit();
      } else {
        in.skip();
      }
    }
    try {
      collector.stream(StreamLabels.parse(text(labelsFrom, labelsTo)));
    } catch (InvalidRequestException e) {
      collector.wrongStream(String.valueOf(e.getMessage()));
    }
    for (int field = again.next(); field != 0; field = again.next()) {
      if (field == 2) {
        again.message(entry);
        entry(entry);
      } else {
        again.skip();
      }
    }
  }

  private String text(int from, int to) {
    if (to - from > LABEL_TEXT_MAX) {
      throw new InvalidRequestException(
          "the labels of a stream are "
              + (to - from)
              + " bytes of text; the limit is "
              + LABEL_TEXT_MAX);
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(body, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidRequestException("the labels of a stream are not valid UTF-8", e);
    }
  }

  private void entry(ProtoReader in) {
    OptionalLong time = OptionalLong.of(0);
    int line = 0;
    int lineEnd = 0;
    collector.metadata().clear();
    int offset = in.offset();
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          in.message(nested);
          time = timestamp(nested);
        }
        case 2 -> {
          in.message(nested);
          line = nested.offset();
          lineEnd = nested.limit();
        }
        case 3 -> {
          in.message(nested);
          pair(nested);
        }
        default -> in.skip();
      }
    }
    if (time.isPresent()) {
      collector.entry(time.getAsLong(), body, line, lineEnd);
    } else {
      collector.wrongEntry(
          "bad_entry",
          PARSING + "the timestamp of the entry at byte " + offset + " does not fit 64 bits of ns");
    }
  }

  private void pair(ProtoReader in) {
    int name = 0;
    int nameEnd = 0;
    int value = 0;
    int valueEnd = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> {
          in.message(text);
          name = text.offset();
          nameEnd = text.limit();
        }
        case 2 -> {
          in.message(text);
          value = text.offset();
          valueEnd = text.limit();
        }
        default -> in.skip();
      }
    }
    collector.metadata().set(body, name, nameEnd, value, valueEnd);
  }

  private static OptionalLong timestamp(ProtoReader in) {
    long seconds = 0;
    long nanos = 0;
    for (int field = in.next(); field != 0; field = in.next()) {
      switch (field) {
        case 1 -> seconds = in.varint();
        case 2 -> nanos = in.varint();
        default -> in.skip();
      }
    }
    try {
      return OptionalLong.of(Math.addExact(Math.multiplyExact(seconds, NANOS), nanos));
    } catch (ArithmeticException e) {
      return OptionalLong.empty();
    }
  }
}
