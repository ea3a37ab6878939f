package io.trilith.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ProtocolMessageEnum;
import io.opentelemetry.proto.logs.v1.SeverityNumber;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnumNamesTest {
  @Test
  void everyNameOfAnEnumThatOtlpHasIsKnownWithItsNumber() {
    List<ProtocolMessageEnum> values = new ArrayList<>();
    values.addAll(List.of(SeverityNumber.values()));
    values.addAll(List.of(AggregationTemporality.values()));
    values.addAll(List.of(Span.SpanKind.values()));
    values.addAll(List.of(Status.StatusCode.values()));
    for (ProtocolMessageEnum value : values) {
      String name = ((Enum<?>) value).name();
      if (!name.equals("UNRECOGNIZED")) {
        assertThat(OtlpSchema.ENUMS.get(name)).as(name).isEqualTo(value.getNumber());
      }
    }
  }
}
