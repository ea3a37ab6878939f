package io.trilith.ingest.otlp;

import io.trilith.net.wire.JsonReader;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.text.GoNumber;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.Consumer;

/**
 * Turns an OTLP request in JSON into the same request in protobuf, in one streaming pass, so that
 * one reader serves both: names in lowerCamelCase or snake_case, 64-bit numbers as strings or
 * numbers, ids in hexadecimal, unknown fields and nulls skipped. Thread-safe.
 */
public final class OtlpJson {
  /** How deep JSON may be nested; attribute values have a tighter limit of their own. */
  private static final int DEPTH_MAX = 500;

  /** Protobuf from which on a part is handed over. */
  private static final int PART = 1 << 20;

  /** The array, its copy while it grows, and the part that is handed over. */
  private static final int TIMES_CONTENT = 3;

  private static final int NUMBER_LENGTH_MAX = 400;
  private static final String MALFORMED = "malformed OTLP JSON";

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
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    eachPart(json, Booking.unlimited(), whole::writeBytes);
    return whole.toByteArray();
  }

  /**
   * Hands over the request as one or more requests in protobuf. A small request is one, made whole
   * before it is handed over; of a large one some parts may be handed over before a fault is found.
   *
   * @param memory takes what is made
   * @throws InvalidRequestException naming line, column and what is wrong
   */
  public void eachPart(byte[] json, Booking memory, Consumer<byte[]> part) {
    try (Booking.Growth growth = memory.growth()) {
      new Walk(json, growth, part).request(schema);
    }
  }

  /** One request. */
  private static final class Walk {
    private final JsonReader in;
    private final Booking.Growth memory;
    private final Consumer<byte[]> part;
    private ProtoWriter out = new ProtoWriter();
    private boolean outermost = true;

    Walk(byte[] json, Booking.Growth memory, Consumer<byte[]> part) {
      this.in = new JsonReader(json, 0, json.length, DEPTH_MAX, MALFORMED);
      this.memory = memory;
      this.part = part;
    }

    void request(OtlpSchema schema) {
      if (in.peek() != JsonReader.Kind.OBJECT) {
        throw in.wrong("the request is not an object");
      }
      message(schema);
      in.end();
      part.accept(out.toBytes());
    }

    private void message(OtlpSchema schema) {
      boolean parted = outermost;
      outermost = false;
      in.beginObject();
      while (in.nextName()) {
        OtlpSchema.Field field = schema.field(in);
        if (field == null || in.peek() == JsonReader.Kind.NULL) {
          in.skip();
        } else if (field.repeated()) {
          list(field, parted);
        } else {
          value(field);
        }
      }
    }

    private void list(OtlpSchema.Field field, boolean parted) {
      if (in.peek() != JsonReader.Kind.ARRAY) {
        throw in.wrong(field.name() + " is not a list");
      }
      in.beginArray();
      while (in.nextElement()) {
        value(field);
        if (parted && out.size() >= PART) {
          part.accept(out.toBytes());
          out = new ProtoWriter();
        }
      }
    }

    private void value(OtlpSchema.Field field) {
      if (field.kind() != OtlpSchema.Kind.MESSAGE) {
        scalar(field);
        return;
      }
      if (in.peek() != JsonReader.Kind.OBJECT) {
        throw in.wrong(field.name() + " is not an object");
      }
      memory.cover(TIMES_CONTENT * (long) out.size());
      int begin = out.begin(field.number());
      message(field.message().get());
      out.end(begin);
    }

    private void scalar(OtlpSchema.Field field) {
      switch (in.peek()) {
        case OBJECT, ARRAY -> throw in.wrong(field.name() + " is not a plain value");
        case TEXT -> in.text();
        case NUMBER -> in.number();
        case TRUE, FALSE, NULL, END -> {
          if (field.kind() != OtlpSchema.Kind.BOOL) {
            throw in.wrong(field.name() + " is not " + field.kind().article());
          }
          out.varint(field.number(), in.peek() == JsonReader.Kind.TRUE ? 1 : 0);
          in.word();
          return;
        }
      }
      memory.cover(TIMES_CONTENT * ((long) out.size() + in.textLength()));
      int number = field.number();
      switch (field.kind()) {
        case STRING -> {
          text(field);
          out.bytes(number, in.textArray(), in.textFrom(), in.textLength());
        }
        case BYTES -> out.bytes(number, base64(field));
        case HEX -> out.bytes(number, hex(field));
        case BOOL -> throw in.wrong(field.name() + " is neither true nor false");
        case VARINT -> out.varint(number, integer(field));
        case ENUM -> {
          Integer named = in.textLength() > 64 ? null : OtlpSchema.ENUMS.get(in.string());
          out.varint(number, named == null ? integer(field) : named);
        }
        case ZIGZAG -> {
          long value = integer(field);
          out.varint(number, (value << 1) ^ (value >> 63));
        }
        case FIXED64 -> out.fixed64(number, integer(field));
        case FIXED32 -> out.fixed32(number, (int) integer(field));
        case DOUBLE -> out.fixed64(number, Double.doubleToRawLongBits(real(field)));
        case MESSAGE -> throw new IllegalStateException("a message is no scalar");
      }
    }

    private void text(OtlpSchema.Field field) {
      if (!in.isQuoted()) {
        throw in.wrong(field.name() + " is not a string");
      }
    }

    private byte[] base64(OtlpSchema.Field field) {
      text(field);
      try {
        return Base64.getDecoder().decode(standard(in.textBytes()));
      } catch (IllegalArgumentException e) {
        throw in.wrong(field.name() + " is not base64");
      }
    }

    /** Protobuf's JSON takes the URL-safe alphabet too. */
    private static byte[] standard(byte[] text) {
      for (int i = 0; i < text.length; i++) {
        switch (text[i]) {
          case '-' -> text[i] = '+';
          case '_' -> text[i] = '/';
          default -> {}
        }
      }
      return text;
    }

    private byte[] hex(OtlpSchema.Field field) {
      text(field);
      try {
        return HexFormat.of().parseHex(in.string());
      } catch (IllegalArgumentException e) {
        throw in.wrong(field.name() + " is not hexadecimal");
      }
    }

    /** A signed or unsigned 64-bit number, or the same in a string. */
    private long integer(OtlpSchema.Field field) {
      boolean text = in.isQuoted();
      String digits = in.string(NUMBER_LENGTH_MAX).strip();
      if (digits.length() > 40) {
        throw in.wrong(field.name() + " is not a 64-bit number");
      }
      try {
        boolean whole =
            text || (digits.indexOf('.') < 0 && digits.indexOf('e') < 0 && digits.indexOf('E') < 0);
        if (!whole) {
          BigDecimal decimal = new BigDecimal(digits);
          if (Math.abs((long) decimal.scale()) > 40) {
            throw in.wrong(field.name() + " is not a 64-bit number");
          }
          return decimal.longValueExact();
        }
        return digits.startsWith("-") ? Long.parseLong(digits) : Long.parseUnsignedLong(digits);
      } catch (NumberFormatException | ArithmeticException e) {
        throw in.wrong(field.name() + " is not a 64-bit number");
      }
    }

    private double real(OtlpSchema.Field field) {
      String text = in.string(NUMBER_LENGTH_MAX);
      return switch (text) {
        case "NaN" -> Double.NaN;
        case "Infinity", "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Infinity", "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          JsonReader number = new JsonReader(bytes, 0, bytes.length, 1, MALFORMED);
          try {
            number.number();
            number.end();
          } catch (InvalidRequestException e) {
            throw in.wrong(field.name() + " is not a number");
          }
          yield GoNumber.real(text)
              .orElseThrow(() -> in.wrong(field.name() + " is too large for a number"));
        }
      };
    }
  }
}
