package io.trilith.ingest.metrics;

import io.trilith.ingest.Rejections;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.HttpStatusException;
import io.trilith.net.Snappy;
import io.trilith.tsdb.store.MetricAppender.AppendResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the two versions of remote write share: negotiation, decoding, and the answer's headers. */
final class RemoteWrite {
  private static final String VERSION_1 = "prometheus.writerequest";
  private static final String VERSION_2 = "io.prometheus.write.v2.request";

  /** Undoes the block. How long it may be is for the request to say. */
  static final Snappy SNAPPY = new Snappy(Integer.MAX_VALUE);

  private RemoteWrite() {}

  /** Whether the body is still the snappy block that remote write sends. */
  static boolean isBlock(HttpRequest request) {
    Optional<String> encoding = request.header("content-encoding");
    return encoding.isEmpty() || encoding.get().strip().equalsIgnoreCase("snappy");
  }

  /**
   * Which version a request has; 415 when it is in no form that is understood. Senders of version 1
   * need not say what they send.
   */
  static boolean isVersion2(HttpRequest request) {
    String contentType = request.header("content-type").orElse("");
    List<String> parts =
        Arrays.stream(contentType.toLowerCase(Locale.ROOT).split(";", -1))
            .map(String::strip)
            .toList();
    String media = parts.getFirst();
    String proto = VERSION_1;
    for (String part : parts) {
      if (part.startsWith("proto=")) {
        proto = part.substring("proto=".length()).replace("\"", "");
      }
    }
    boolean protobuf = media.isEmpty() || media.equals("application/x-protobuf");
    if (!protobuf || !(proto.equals(VERSION_1) || proto.equals(VERSION_2))) {
      throw new HttpStatusException(
          415,
          "unsupported Content-Type; remote write takes application/x-protobuf with"
              + " proto=prometheus.WriteRequest or proto=io.prometheus.write.v2.Request");
    }
    return proto.equals(VERSION_2);
  }

  /**
   * 204, or 202 when everything was another replica's, or 400 with the reason when something was
   * refused; all say what was written.
   */
  static HttpAnswer answer(AppendResult written, Rejections rejections, boolean deduplicated) {
    Map<String, String> counts =
        Map.of(
            "X-Prometheus-Remote-Write-Samples-Written", Long.toString(written.samples()),
            "X-Prometheus-Remote-Write-Histograms-Written", Long.toString(written.histograms()),
            "X-Prometheus-Remote-Write-Exemplars-Written", Long.toString(written.exemplars()));
    if (rejections.isEmpty()) {
      return new HttpAnswer.Whole(deduplicated ? 202 : 204, counts, new byte[0]);
    }
    HttpAnswer refusal = HttpAnswer.text(400, "");
    Map<String, String> headers = new HashMap<>(refusal.headers());
    headers.putAll(counts);
    byte[] text = (rejections.message() + "\n").getBytes(StandardCharsets.UTF_8);
    return new HttpAnswer.Whole(400, headers, text);
  }
}
