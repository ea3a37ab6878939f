package io.trilith.ingest.traces;

import io.trilith.config.TraceLimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.ingest.otlp.OtlpJson;
import io.trilith.storage.memory.Booking;
import io.trilith.tracestore.columns.SpanBatch;
import java.util.function.Consumer;

/**
 * Reads requests of OTLP/JSON where no server does: for imports into blocks. The same limits hold
 * as at the receivers. Not thread-safe.
 */
public final class OtlpTraceLines {
  private final TraceLimitsConfig limits;
  private final OtlpJson json = OtlpJson.traces();

  public OtlpTraceLines(TraceLimitsConfig limits) {
    this.limits = limits;
  }

  /**
   * Reads one request.
   *
   * @param spans takes what is read, in batches that it owns
   * @return what was refused
   * @throws io.trilith.storage.error.InvalidRequestException when it is no such request
   */
  public Rejections read(byte[] request, Consumer<SpanBatch> spans) {
    Rejections rejections = new Rejections();
    try (Booking memory = Booking.unlimited()) {
      OtlpTracesDecoder decoder = new OtlpTracesDecoder(limits, rejections, memory, spans);
      json.eachPart(request, memory, decoder::decode);
      decoder.finish();
    }
    return rejections;
  }
}
