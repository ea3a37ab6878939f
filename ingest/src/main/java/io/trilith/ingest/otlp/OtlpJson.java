package io.trilith.ingest.otlp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HexFormat;

/**
 * Turns an OTLP request in JSON into the same request in protobuf, in one streaming pass, so that
 * one reader serves both: names in lowerCamelCase, 64-bit numbers as strings or numbers, ids in
 * hexadecimal, unknown fields and nulls skipped. Thread-safe.
 */
public final class OtlpJson {
  /** How deep JSON may be nested; attribute values have a tighter limit of their own. */
  private static final int DEPTH_MAX = 500;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final OtlpSchema schema;

  private OtlpJson(OtlpSchema schema) {
    this.schema = schema;
  }

  /** For ExportMetricsServiceRequest. */
  public static OtlpJson metrics() {
    return new OtlpJson(OtlpSchema.metrics());
  }

  /** For ExportLogsServiceRequest. */
  public static OtlpJson logs() {
    return new OtlpJson(OtlpSchema.logs());
  }

  /** For ExportTraceServiceRequest. */
  public static OtlpJson traces() {
    return new OtlpJson(OtlpSchema.traces());
  }

  /** The request as protobuf; InvalidRequestException naming line, column and what is wrong. */
  public byte[] toProtobuf(byte[] json) {
    ProtoWriter out = new ProtoWriter();
    try (JsonParser in = JSON.createParser(json)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw wrong(in, "the request is not an object");
      }
      message(in, schema, out);
      if (in.nextToken() != null) {
        throw wrong(in, "there is something after the request's end");
      }
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null
              ? ""
              : " (line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr()
                  + ")";
      throw new InvalidRequestException("malformed JSON: " + e.getOriginalMessage() + where, e);
    } catch (IOException e) {
      throw new InvalidRequestException("malformed JSON: it is not valid UTF-8", e);
    }
    return out.toBytes();
  }

  private static void message(JsonParser in, OtlpSchema schema, ProtoWriter out)
      throws IOException {
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      OtlpSchema.Field field = schema.fields().get(name);
      if (field == null || token == JsonToken.VALUE_NULL) {
        in.skipChildren();
      } else if (token == JsonToken.START_ARRAY) {
        while (in.nextToken() != JsonToken.END_ARRAY) {
          value(in, name, field, out);
        }
      } else {
        value(in, name, field, out);
      }
    }
  }

  private static void value(JsonParser in, String name, OtlpSchema.Field field, ProtoWriter out)
      throws IOException {
    if (field.kind() == OtlpSchema.Kind.MESSAGE) {
      if (in.currentToken() != JsonToken.START_OBJECT) {
        throw wrong(in, name + " is not an object");
      }
      int begin = out.begin(field.number());
      message(in, field.message().get(), out);
      out.end(begin);
      return;
    }
    if (in.currentToken().isStructStart()) {
      throw wrong(in, name + " is not a plain value");
    }
    scalar(in, name, field, out);
  }

  private static void scalar(JsonParser in, String name, OtlpSchema.Field field, ProtoWriter out)
      throws IOException {
    int number = field.number();
    switch (field.kind()) {
      case STRING -> out.string(number, text(in, name));
      case BYTES -> out.bytes(number, in.getBinaryValue());
      case HEX -> out.bytes(number, hex(in, name));
      case BOOL -> out.varint(number, bool(in, name) ? 1 : 0);
      case VARINT -> out.varint(number, integer(in, name));
      case ENUM -> {
        Integer named = OtlpSchema.ENUMS.get(in.getText());
        out.varint(number, named == null ? integer(in, name) : named);
      }
      case ZIGZAG -> {
        long value = integer(in, name);
        out.varint(number, (value << 1) ^ (value >> 63));
      }
      case FIXED64 -> out.fixed64(number, integer(in, name));
      case FIXED32 -> out.fixed32(number, (int) integer(in, name));
      case DOUBLE -> out.fixed64(number, Double.doubleToRawLongBits(real(in, name)));
      case MESSAGE -> throw new IllegalStateException("a message is no scalar");
    }
  }

  private static String text(JsonParser in, String name) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      throw wrong(in, name + " is not a string");
    }
    return in.getText();
  }

  private static byte[] hex(JsonParser in, String name) throws IOException {
    try {
      return HexFormat.of().parseHex(text(in, name));
    } catch (IllegalArgumentException e) {
      throw wrong(in, name + " is not hexadecimal");
    }
  }

  private static boolean bool(JsonParser in, String name) throws IOException {
    return switch (in.currentToken()) {
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> throw wrong(in, name + " is neither true nor false");
    };
  }

  /** A signed or unsigned 64-bit number, or the same in a string. */
  private static long integer(JsonParser in, String name) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_STRING && !in.currentToken().isNumeric()) {
      throw wrong(in, name + " is not a number");
    }
    String text = in.getText().strip();
    if (text.length() > 40) {
      throw wrong(in, name + " is not a 64-bit number");
    }
    try {
      if (in.currentToken() == JsonToken.VALUE_NUMBER_FLOAT) {
        BigDecimal decimal = new BigDecimal(text);
        if (Math.abs((long) decimal.scale()) > 40) {
          throw wrong(in, name + " is not a 64-bit number");
        }
        return decimal.longValueExact();
      }
      return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    } catch (NumberFormatException | ArithmeticException e) {
      throw wrong(in, name + " is not a 64-bit number");
    }
  }

  private static double real(JsonParser in, String name) throws IOException {
    if (in.currentToken().isNumeric()) {
      return in.getDoubleValue();
    }
    String text = text(in, name);
    try {
      return switch (text) {
        case "NaN" -> Double.NaN;
        case "Infinity", "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Infinity", "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    } catch (NumberFormatException e) {
      throw wrong(in, name + " is not a number");
    }
  }

  private static InvalidRequestException wrong(JsonParser in, String what) {
    return new InvalidRequestException(
        "malformed OTLP JSON: "
            + what
            + " (line "
            + in.currentLocation().getLineNr()
            + ", column "
            + in.currentLocation().getColumnNr()
            + ")");
  }
}
