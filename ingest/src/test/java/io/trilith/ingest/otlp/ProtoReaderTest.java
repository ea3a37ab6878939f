package io.trilith.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.testing.Seeds;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ProtoReaderTest {
  private final OtlpAttributes attributes = new OtlpAttributes(32, "key", Booking.unlimited());

  private static AnyValue random(SplittableRandom random, int depth) {
    AnyValue.Builder value = AnyValue.newBuilder();
    switch (random.nextInt(depth > 4 ? 5 : 7)) {
      case 0 -> value.setStringValue("text ü " + random.nextInt());
      case 1 -> value.setBoolValue(random.nextBoolean());
      case 2 -> value.setIntValue(random.nextLong() >> random.nextInt(64));
      case 3 -> value.setDoubleValue(random.nextDouble() * 1e6);
      case 4 -> value.setBytesValue(com.google.protobuf.ByteString.copyFromUtf8("b"));
      case 5 -> {
        ArrayValue.Builder array = ArrayValue.newBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
          array.addValues(random(random, depth + 1));
        }
        value.setArrayValue(array);
      }
      default -> {
        KeyValueList.Builder list = KeyValueList.newBuilder();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.addValues(KeyValue.newBuilder().setKey("k" + i).setValue(random(random, depth + 1)));
        }
        value.setKvlistValue(list);
      }
    }
    return value.build();
  }

  private static void assertSame(io.trilith.ingest.otlp.AnyValue ours, AnyValue theirs) {
    switch (ours) {
      case io.trilith.ingest.otlp.AnyValue.Empty _ ->
          assertThat(theirs.getValueCase()).isEqualTo(AnyValue.ValueCase.VALUE_NOT_SET);
      case io.trilith.ingest.otlp.AnyValue.Text v ->
          assertThat(v.value()).isEqualTo(theirs.getStringValue());
      case io.trilith.ingest.otlp.AnyValue.Bool v ->
          assertThat(v.value()).isEqualTo(theirs.getBoolValue());
      case io.trilith.ingest.otlp.AnyValue.Int v ->
          assertThat(v.value()).isEqualTo(theirs.getIntValue());
      case io.trilith.ingest.otlp.AnyValue.Double v ->
          assertThat(v.value()).isEqualTo(theirs.getDoubleValue());
      case io.trilith.ingest.otlp.AnyValue.Bytes v ->
          assertThat(v.value()).isEqualTo(theirs.getBytesValue().toByteArray());
      case io.trilith.ingest.otlp.AnyValue.Array v -> {
        assertThat(v.values()).hasSize(theirs.getArrayValue().getValuesCount());
        for (int i = 0; i < v.values().size(); i++) {
          assertSame(v.values().get(i), theirs.getArrayValue().getValues(i));
        }
      }
      case io.trilith.ingest.otlp.AnyValue.KeyValues v -> {
        assertThat(v.values()).hasSize(theirs.getKvlistValue().getValuesCount());
        theirs
            .getKvlistValue()
            .getValuesList()
            .forEach(
                pair ->
                    assertSame(
                        Objects.requireNonNull(v.values().get(pair.getKey())), pair.getValue()));
      }
    }
  }

  @Test
  void readsValuesAsTheGeneratedClassesDo() {
    SplittableRandom random = Seeds.random("ProtoReaderTest");
    for (int i = 0; i < Seeds.iterations(500); i++) {
      AnyValue value = random(random, 0);
      assertSame(attributes.value(new ProtoReader(value.toByteArray())), value);
      ProtoReader skipping = new ProtoReader(value.toByteArray());
      while (skipping.next() != 0) {
        skipping.skip();
      }
    }
  }

  @Test
  void answersMalformedBytesWithNothingButARefusal() {
    SplittableRandom random = Seeds.random("ProtoReaderTest");
    for (int i = 0; i < Seeds.iterations(2000); i++) {
      byte[] bytes = random(random, 0).toByteArray();
      if (bytes.length == 0) {
        continue;
      }
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      tolerate(bytes);
      tolerate(Arrays.copyOf(bytes, random.nextInt(bytes.length)));
      byte[] garbage = new byte[random.nextInt(100)];
      random.nextBytes(garbage);
      tolerate(garbage);
    }
  }

  private void tolerate(byte[] bytes) {
    Map<String, io.trilith.ingest.otlp.AnyValue> into = new LinkedHashMap<>();
    try {
      assertThat(attributes.value(new ProtoReader(bytes))).isNotNull();
      attributes.keyValue(new ProtoReader(bytes), into);
    } catch (InvalidRequestException e) {
      assertThat(e).hasMessageMatching("(?s)(malformed protobuf at byte|an attribute value).*");
    }
  }

  @Test
  void limitsNesting() {
    AnyValue value = AnyValue.newBuilder().setIntValue(1).build();
    for (int i = 0; i < 40; i++) {
      value = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(value)).build();
    }
    byte[] bytes = value.toByteArray();
    assertThatThrownBy(() -> attributes.value(new ProtoReader(bytes)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("deeper than key of 32");
    byte[] groups = new byte[100_000];
    Arrays.fill(groups, (byte) 0x0b);
    ProtoReader reader = new ProtoReader(groups);
    reader.next();
    assertThatThrownBy(reader::skip).isInstanceOf(InvalidRequestException.class);
  }
}
