package io.trilith.query.tempo;

import io.trilith.net.ScopedRoutes;
import io.trilith.net.wire.ProtoReader;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * The gRPC service {@code tempopb.StreamingQuerier} that Grafana calls on the port of HTTP when
 * streaming is on. Its messages are read into the parameters that the HTTP API has, so that both
 * understand the same.
 */
final class StreamingQuerier {
  private static final String SERVICE = "tempopb.StreamingQuerier/";

  /** How a field is written as a parameter of HTTP. */
  private enum Form {
    TEXT,
    /** A number; zero is as if it were not there. */
    NUMBER,
    /** Nanoseconds since 1970. */
    TIME,
    NANOS,
    MILLIS,
    /** An entry of a map of tags. */
    TAG
  }

  private record Field(int number, String name, Form form) {}

  private static final List<Field> SEARCH =
      List.of(
          new Field(1, "tags", Form.TAG),
          new Field(2, "minDuration", Form.MILLIS),
          new Field(3, "maxDuration", Form.MILLIS),
          new Field(4, "limit", Form.NUMBER),
          new Field(5, "start", Form.NUMBER),
          new Field(6, "end", Form.NUMBER),
          new Field(8, "q", Form.TEXT),
          new Field(9, "spss", Form.NUMBER));
  private static final List<Field> TAGS =
      List.of(
          new Field(1, "scope", Form.TEXT),
          new Field(2, "q", Form.TEXT),
          new Field(3, "start", Form.NUMBER),
          new Field(4, "end", Form.NUMBER),
          new Field(5, "limit", Form.NUMBER));
  private static final List<Field> VALUES =
      List.of(
          new Field(1, "tag", Form.TEXT),
          new Field(2, "q", Form.TEXT),
          new Field(4, "start", Form.NUMBER),
          new Field(5, "end", Form.NUMBER),
          new Field(6, "limit", Form.NUMBER));
  private static final List<Field> METRICS =
      List.of(
          new Field(1, "q", Form.TEXT),
          new Field(2, "start", Form.TIME),
          new Field(3, "end", Form.TIME),
          new Field(4, "step", Form.NANOS),
          new Field(16, "exemplars", Form.NUMBER),
          new Field(17, "maxSeries", Form.NUMBER));

  private final SearchApi search;
  private final TagsApi tags;
  private final MetricsApi metrics;

  StreamingQuerier(SearchApi search, TagsApi tags, MetricsApi metrics) {
    this.search = search;
    this.tags = tags;
    this.metrics = metrics;
  }

  void register(ScopedRoutes grpc) {
    grpc.serverStream(
        SERVICE + "Search",
        (tenant, message, out) -> search.stream(tenant, question(message, SEARCH), out));
    grpc.serverStream(
        SERVICE + "SearchTags",
        (tenant, message, out) -> tags.names(tenant, question(message, TAGS), out));
    grpc.serverStream(
        SERVICE + "SearchTagsV2",
        (tenant, message, out) -> tags.scopedNames(tenant, question(message, TAGS), out));
    grpc.serverStream(
        SERVICE + "SearchTagValues",
        (tenant, message, out) -> {
          Question question = question(message, VALUES);
          tags.values(tenant, question.parameter("tag").orElse(""), question, out);
        });
    grpc.serverStream(
        SERVICE + "SearchTagValuesV2",
        (tenant, message, out) -> {
          Question question = question(message, VALUES);
          tags.typedValues(tenant, question.parameter("tag").orElse(""), question, out);
        });
    grpc.serverStream(
        SERVICE + "MetricsQueryRange",
        (tenant, message, out) -> metrics.stream(tenant, question(message, METRICS), false, out));
    grpc.serverStream(
        SERVICE + "MetricsQueryInstant",
        (tenant, message, out) -> metrics.stream(tenant, question(message, METRICS), true, out));
  }

  /** The parameters of a message. */
  private static Question question(byte[] message, List<Field> fields) {
    Map<String, String> parameters = new HashMap<>();
    StringJoiner tags = new StringJoiner(" ");
    ProtoReader in = new ProtoReader(message);
    for (int number = in.next(); number != 0; number = in.next()) {
      Field field = find(number, fields);
      if (field == null) {
        in.skip();
        continue;
      }
      String name = field.name();
      switch (field.form()) {
        case TEXT -> parameters.put(name, in.string(name));
        case NUMBER -> parameters.put(name, unlessZero(in.varint(), ""));
        // More than ten digits: the HTTP API takes shorter ones for seconds.
        case TIME -> parameters.put(name, String.format(Locale.ROOT, "%020d", in.varint()));
        case NANOS -> parameters.put(name, unlessZero(in.varint(), "ns"));
        case MILLIS -> parameters.put(name, unlessZero(in.varint(), "ms"));
        case TAG -> {
          tags.add(tag(in.message()));
          parameters.put(name, tags.toString());
        }
      }
    }
    return name -> Optional.ofNullable(parameters.get(name)).filter(text -> !text.isEmpty());
  }

  private static @Nullable Field find(int number, List<Field> fields) {
    for (Field field : fields) {
      if (field.number() == number) {
        return field;
      }
    }
    return null;
  }

  private static String unlessZero(long value, String unit) {
    return value == 0 ? "" : value + unit;
  }

  /** A tag as logfmt. */
  private static String tag(ProtoReader entry) {
    String key = "";
    String value = "";
    for (int number = entry.next(); number != 0; number = entry.next()) {
      switch (number) {
        case 1 -> key = entry.string("tag");
        case 2 -> value = entry.string("value of a tag");
        default -> entry.skip();
      }
    }
    return key + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
