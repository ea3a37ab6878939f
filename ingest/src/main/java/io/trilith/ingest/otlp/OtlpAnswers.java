package io.trilith.ingest.otlp;

import io.trilith.ingest.Rejections;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpStatusException;
import io.trilith.net.wire.ProtoWriter;
import java.nio.charset.StandardCharsets;

/**
 * The answers of OTLP's three services, which differ in one name only: nothing when all was taken,
 * a partial success that says how much was not and why.
 */
public final class OtlpAnswers {
  private static final int ERROR_MAX = 1000;

  /** How a request, and so its answer, is encoded. */
  public enum Encoding {
    PROTOBUF,
    JSON
  }

  private OtlpAnswers() {}

  /** By the request's media type; 415 when it is neither. */
  public static Encoding encoding(String contentType) {
    return switch (contentType) {
      case "application/json", "text/json" -> Encoding.JSON;
      case "", "application/x-protobuf", "application/protobuf" -> Encoding.PROTOBUF;
      default ->
          throw new HttpStatusException(
              415, "the content type must be application/x-protobuf or application/json");
    };
  }

  /**
   * An answer over HTTP.
   *
   * @param rejectedName the signal's JSON name: rejectedDataPoints, rejectedLogRecords or
   *     rejectedSpans
   */
  public static HttpAnswer http(Encoding encoding, String rejectedName, Rejections rejections) {
    return switch (encoding) {
      case PROTOBUF -> HttpAnswer.bytes(200, "application/x-protobuf", protobuf(rejections));
      case JSON -> HttpAnswer.bytes(200, "application/json", json(rejectedName, rejections));
    };
  }

  /**
   * Says so when a request that is not empty had nothing in it, which mostly is a wrong name
   * somewhere: unknown names are ignored.
   */
  public static void hint(byte[] body, long items, Rejections rejections) {
    boolean empty =
        new String(body, 0, Math.min(body.length, 8), StandardCharsets.UTF_8).strip().equals("{}");
    if (items == 0 && rejections.isEmpty() && body.length > 0 && !empty) {
      rejections.add(
          "nothing_found",
          0,
          "the request is not empty, but nothing to store was found in it; are the names and the"
              + " path those of this signal?");
    }
  }

  /** A refusal over HTTP: a google.rpc.Status in the request's encoding. */
  public static HttpAnswer.Whole refusal(int status, String text, String contentType) {
    if (contentType.contains("json")) {
      String body = "{\"code\":" + code(status) + ",\"message\":" + AnyValueJson.quoted(text) + "}";
      return HttpAnswer.bytes(status, "application/json", body.getBytes(StandardCharsets.UTF_8));
    }
    ProtoWriter out = new ProtoWriter();
    out.varint(1, code(status)).string(2, text);
    return HttpAnswer.bytes(status, "application/x-protobuf", out.toBytes());
  }

  /** What gRPC calls it. */
  private static int code(int status) {
    return switch (status) {
      case 400, 415, 422 -> 3;
      case 401 -> 16;
      case 403 -> 7;
      case 404 -> 5;
      case 408 -> 4;
      case 413, 429 -> 8;
      case 501 -> 12;
      case 503 -> 14;
      default -> 13;
    };
  }

  /** An Export…ServiceResponse as protobuf. */
  public static byte[] protobuf(Rejections rejections) {
    ProtoWriter out = new ProtoWriter();
    if (!rejections.isEmpty()) {
      int begin = out.begin(1);
      out.varint(1, rejections.total()).string(2, message(rejections));
      out.end(begin);
    }
    return out.toBytes();
  }

  private static byte[] json(String rejectedName, Rejections rejections) {
    StringBuilder text = new StringBuilder("{");
    if (!rejections.isEmpty()) {
      text.append("\"partialSuccess\":{\"")
          .append(rejectedName)
          .append("\":\"")
          .append(rejections.total())
          .append("\",\"errorMessage\":")
          .append(AnyValueJson.quoted(message(rejections)))
          .append('}');
    }
    return text.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String message(Rejections rejections) {
    String message = rejections.message();
    return message.length() <= ERROR_MAX ? message : message.substring(0, ERROR_MAX);
  }
}
