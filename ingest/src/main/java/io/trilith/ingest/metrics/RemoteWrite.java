package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.HttpStatusException;
import io.trilith.net.Snappy;
import io.trilith.tsdb.MetricAppender.AppendResult;
import io.trilith.tsdb.MetricBatch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the two versions of remote write share: negotiation, decoding, and the answer's headers. */
final class RemoteWrite {
  private static final String VERSION_1 = "prometheus.writerequest";
  private static final String VERSION_2 = "io.prometheus.write.v2.request";
  private static final long SNAPPY_DECODED_MAX = 64L << 20;

  private RemoteWrite() {}

  /** The batch of a request; 415 when it is in no form that is understood. */
  static MetricBatch decode(HttpRequest request, LimitsConfig limits, Rejections rejections) {
    boolean second = isVersion2(request.header("content-type").orElse(""));
    byte[] message = request.body();
    if (request.header("content-encoding").isEmpty()) {
      message = new Snappy(SNAPPY_DECODED_MAX).decode(message);
    }
    return second
        ? new RemoteWrite2Decoder(limits, rejections, message).decode()
        : new RemoteWriteDecoder(limits, rejections).decode(message);
  }

  /** Senders of version 1 need not say what they send. */
  private static boolean isVersion2(String contentType) {
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

  /** 204, or 400 with the reason when something was refused; both say what was written. */
  static HttpAnswer answer(AppendResult written, Rejections rejections) {
    Map<String, String> counts =
        Map.of(
            "X-Prometheus-Remote-Write-Samples-Written", Long.toString(written.samples()),
            "X-Prometheus-Remote-Write-Histograms-Written", Long.toString(written.histograms()),
            "X-Prometheus-Remote-Write-Exemplars-Written", Long.toString(written.exemplars()));
    if (rejections.isEmpty()) {
      return new HttpAnswer.Whole(204, counts, new byte[0]);
    }
    HttpAnswer refusal = HttpAnswer.text(400, "");
    Map<String, String> headers = new HashMap<>(refusal.headers());
    headers.putAll(counts);
    byte[] text = (rejections.message() + "\n").getBytes(StandardCharsets.UTF_8);
    return new HttpAnswer.Whole(400, headers, text);
  }
}
