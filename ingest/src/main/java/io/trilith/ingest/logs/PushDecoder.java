package io.trilith.ingest.logs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads push requests of Loki, JSON and protobuf. One per request. */
final class PushDecoder {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(64)
                  .maxStringLength(64 << 20)
                  .maxNumberLength(1000)
                  .build())
          .build();
  private static final long NANOS = 1_000_000_000L;

  /** An entry, or what is wrong with it. */
  private record Pending(long time, String line, Map<String, String> metadata, String problem) {}

  private static final String PARSING = "error parsing the push request: ";

  private final LogCollector collector;

  // Of protobuf: the request, and cursors that are used again for what lies in an entry.
  private byte[] body = new byte[0];
  private final ProtoReader entry = new ProtoReader(body);
  private final ProtoReader nested = new ProtoReader(body);
  private final ProtoReader text = new ProtoReader(body);

  PushDecoder(LogCollector collector) {
    this.collector = collector;
  }

  void json(byte[] body) {
    json(body, body.length);
  }

  /** Throws InvalidRequestException when it is no such request: nothing of it may be stored. */
  void json(byte[] body, int length) {
    try (JsonParser in = JSON.createParser(body, 0, length)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw wrong(in, "the request is not an object");
      }
      while (in.nextToken() != JsonToken.END_OBJECT) {
        String name = in.currentName();
        JsonToken value = in.nextToken();
        if (name.equals("streams") && value == JsonToken.START_ARRAY) {
          while (in.nextToken() != JsonToken.END_ARRAY) {
            stream(in);
          }
        } else if (name.equals("streams") && value != JsonToken.VALUE_NULL) {
          throw wrong(in, "streams is not an array");
        } else {
          in.skipChildren();
        }
      }
      if (in.nextToken() != null) {
        throw wrong(in, "there is something after the request's end");
      }
    } catch (JsonProcessingException e) {
      throw new InvalidRequestException(
          "malformed JSON: " + e.getOriginalMessage() + where(e.getLocation()), e);
    } catch (IOException e) {
      throw new InvalidRequestException("malformed JSON: it is not valid UTF-8", e);
    }
  }

  private static String where(@Nullable JsonLocation at) {
    return at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
  }

  private static InvalidRequestException wrong(JsonParser in, String what) {
    return new InvalidRequestException(
        "error parsing the push request: " + what + where(in.currentTokenLocation()));
  }

  private void stream(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw wrong(in, "a stream is not an object");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    String problem = "";
    List<Pending> entries = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      in.nextToken();
      switch (name) {
        case "stream" -> {
          labels = new LinkedHashMap<>();
          problem = labels(in, labels);
        }
        case "values" -> values(in, entries);
        default -> in.skipChildren();
      }
    }
    if (problem.isEmpty()) {
      collector.stream(labels);
    } else {
      collector.wrongStream(PARSING + problem);
    }
    for (Pending entry : entries) {
      if (entry.problem().isEmpty()) {
        collector.entry(entry.time(), LogCollector.utf8(entry.line()), entry.metadata());
      } else {
        collector.wrongEntry("bad_entry", PARSING + entry.problem());
      }
    }
  }

  /** Reads the labels of a stream to their end; what is wrong with them, or empty. */
  private static String labels(JsonParser in, Map<String, String> into) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      throw wrong(in, "stream is not an object");
    }
    String where = where(in.currentTokenLocation());
    String problem = texts(in, into);
    return problem.isEmpty() ? "" : "stream: " + problem + where;
  }

  /** Reads an object of strings to its end; what is wrong with it, or empty. */
  private static String texts(JsonParser in, Map<String, String> into) throws IOException {
    String problem = "";
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String name = in.currentName();
      if (in.nextToken() == JsonToken.VALUE_STRING) {
        into.put(name, in.getText());
      } else {
        in.skipChildren();
        problem = "the value of " + Rejections.quoted(name) + " is not a string";
      }
    }
    return problem;
  }

  private static void values(JsonParser in, List<Pending> entries) throws IOException {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      throw wrong(in, "values is not an array");
    }
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (in.currentToken() == JsonToken.START_ARRAY) {
        entries.add(entry(in));
      } else {
        String problem = "an entry is not an array" + where(in.currentTokenLocation());
        entries.add(new Pending(0, "", Map.of(), problem));
        in.skipChildren();
      }
    }
  }

  /** Reads an entry to its end; one that is wrong says why, and the others are not touched. */
  private static Pending entry(JsonParser in) throws IOException {
    String problem = "";
    long time = 0;
    String line = "";
    Map<String, String> metadata = Map.of();
    int part = 0;
    String where = where(in.currentTokenLocation());
    for (; in.nextToken() != JsonToken.END_ARRAY; part++) {
      boolean text = in.currentToken() == JsonToken.VALUE_STRING;
      if (!problem.isEmpty()) {
        in.skipChildren();
      } else if (part == 0 && text) {
        OptionalLong nanos = nanos(in.getText());
        time = nanos.orElse(0);
        problem =
            nanos.isPresent()
                ? ""
                : "the timestamp " + Rejections.quoted(in.getText()) + " is not nanoseconds";
      } else if (part == 1 && text) {
        line = in.getText();
      } else if (part == 2 && in.currentToken() == JsonToken.START_OBJECT) {
        Map<String, String> texts = new LinkedHashMap<>();
        problem = texts(in, texts);
        problem = problem.isEmpty() ? "" : "structured metadata: " + problem;
        metadata = sanitized(texts);
      } else {
        problem =
            switch (part) {
              case 0 -> "a timestamp is not a string of nanoseconds";
              case 1 -> "a line is not a string";
              case 2 -> "structured metadata is not an object";
              default -> "an entry has more than three parts";
            };
        in.skipChildren();
      }
    }
    if (problem.isEmpty() && part < 2) {
      problem = part == 0 ? "an entry is empty" : "an entry has no line";
    }
    return new Pending(time, line, metadata, problem.isEmpty() ? "" : problem + where);
  }

  private static Map<String, String> sanitized(Map<String, String> metadata) {
    Map<String, String> sanitized = new LinkedHashMap<>();
    metadata.forEach((name, value) -> sanitized.put(StreamRules.sanitize(name), value));
    return sanitized;
  }

  private static OptionalLong nanos(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
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
    byte[] labels = new byte[0];
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 1) {
        labels = in.bytes();
      } else {
        in.skip();
      }
    }
    try {
      collector.stream(StreamLabels.parse(text(labels)));
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

  private static String text(byte[] labels) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(labels)).toString();
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
