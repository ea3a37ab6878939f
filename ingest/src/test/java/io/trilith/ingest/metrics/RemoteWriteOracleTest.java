package io.trilith.ingest.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.UnknownFieldSet;
import io.trilith.config.Count;
import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.StaleMarker;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Random remote-write requests, written by protobuf's own runtime, read by our walkers and by a
 * naive reader on that runtime. Wild ones have everything in any order; tame ones are such as
 * Prometheus sends.
 */
class RemoteWriteOracleTest {
  private static final List<String> NAMES =
      List.of("a", "b", "job", "le", "Zone", "ünï", "n".repeat(12));
  private static final List<String> ODD_NAMES = List.of("", "__name__", "a", "n".repeat(13), "😀");
  private static final List<String> VALUES =
      List.of("x", "y", "value", "ünï", "😀", "v".repeat(60), "node-1.example.com:9100");
  private static final List<String> ODD_VALUES = List.of("", "v".repeat(61), "v".repeat(200));
  private static final List<String> METRICS =
      List.of("up", "h_bucket", "h_count", "s_sum", "x_total");

  private static final LimitsConfig LIMITS =
      new LimitsConfig(
          12,
          60,
          8,
          20,
          10,
          1000,
          3,
          new Count(0),
          0,
          0,
          Duration.ofMinutes(20),
          "",
          Duration.ofSeconds(10));

  private final SplittableRandom random = Seeds.random("RemoteWriteOracleTest");
  private final List<ByteString> symbols = new ArrayList<>();
  private final MetricBatch reused = new MetricBatch();
  private boolean wild;

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private boolean seldom() {
    return wild && random.nextInt(15) == 0;
  }

  private boolean verySeldom() {
    return wild && random.nextInt(225) == 0;
  }

  /** Fields one by one, in any order when it is wild, with unknown ones between them. */
  private final class Message {
    private final String type;
    private final List<byte[]> parts = new ArrayList<>();

    Message(String type) {
      this.type = type;
    }

    Message add(String name, Object value) {
      DynamicMessage.Builder one = DynamicMessage.newBuilder(PrometheusMessages.of(type));
      FieldDescriptor field = PrometheusMessages.of(type).findFieldByName(name);
      if (field.isRepeated() && value instanceof List<?> all) {
        all.forEach(element -> one.addRepeatedField(field, element));
      } else if (field.isRepeated()) {
        one.addRepeatedField(field, value);
      } else {
        one.setField(field, value);
      }
      parts.add(one.build().toByteArray());
      return this;
    }

    byte[] toBytes() {
      if (seldom()) {
        parts.add(
            UnknownFieldSet.newBuilder()
                .addField(
                    100 + random.nextInt(5),
                    UnknownFieldSet.Field.newBuilder()
                        .addVarint(7)
                        .addFixed32(8)
                        .addLengthDelimited(ByteString.copyFromUtf8("unknown"))
                        .build())
                .build()
                .toByteArray());
      }
      if (seldom()) {
        Collections.shuffle(parts, random);
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      parts.forEach(out::writeBytes);
      return out.toByteArray();
    }
  }

  /** Adds a nested message whose bytes may be in an order that no builder writes. */
  private static void nest(ByteArrayOutputStream out, int field, byte[] message) {
    UnknownFieldSet nested =
        UnknownFieldSet.newBuilder()
            .addField(
                field,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFrom(message))
                    .build())
            .build();
    out.writeBytes(nested.toByteArray());
  }

  private Message nested(Message outer, int field, Message inner) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    nest(out, field, inner.toBytes());
    outer.parts.add(out.toByteArray());
    return outer;
  }

  private double number() {
    return switch (random.nextInt(5)) {
      case 0 -> StaleMarker.VALUE;
      case 1 -> Double.longBitsToDouble(random.nextLong());
      default -> random.nextInt(10);
    };
  }

  private long time() {
    return random.nextInt(20) == 0 ? random.nextLong() : random.nextInt(100_000);
  }

  /** Names and values; sorted and fit unless it is wild. */
  private List<String> labels(boolean withName) {
    List<String> pairs = new ArrayList<>();
    List<String> names = new ArrayList<>(NAMES);
    Collections.shuffle(names, random);
    names = new ArrayList<>(names.subList(0, random.nextInt(names.size() - 1)));
    if (withName && !seldom()) {
      names.add("__name__");
    }
    if (seldom()) {
      names.add(any(ODD_NAMES));
    }
    if (!seldom()) {
      Collections.sort(names);
    }
    for (String name : names) {
      pairs.add(name);
      pairs.add(seldom() ? any(ODD_VALUES) : name.equals("__name__") ? any(METRICS) : any(VALUES));
    }
    return pairs;
  }

  private ByteString text(String text) {
    return verySeldom()
        ? ByteString.copyFrom(new byte[] {(byte) 0xff, 'x'})
        : ByteString.copyFromUtf8(text);
  }

  private void putLabels(Message into, List<String> pairs) {
    for (int i = 0; i < pairs.size(); i += 2) {
      Message label = new Message("Label");
      if (!(seldom() && pairs.get(i + 1).isEmpty())) {
        label.add("name", text(pairs.get(i))).add("value", text(pairs.get(i + 1)));
      }
      nested(into, 1, label);
    }
  }

  private Message sample(boolean second) {
    Message sample = new Message("Sample");
    if (!seldom()) {
      sample.add("value", number());
    }
    if (!seldom()) {
      sample.add("timestamp", time());
    }
    if (second && random.nextBoolean()) {
      sample.add("start", time());
    }
    return sample;
  }

  private Message histogram(boolean second) {
    boolean integer = random.nextBoolean();
    boolean custom = random.nextInt(4) == 0;
    Message histogram = new Message("Histogram").add("sum", number());
    histogram.add("schema", custom ? -53 : random.nextInt(seldom() ? 12 : 8));
    long count = random.nextInt(3);
    if (!custom) {
      histogram.add("zero_threshold", 0.5);
      histogram.add(integer ? "zero_int" : "zero_float", integer ? (Object) count : (double) count);
    } else {
      count = 0;
      histogram.add("bounds", List.of(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0));
    }
    for (String side : custom ? List.of("positive") : List.of("positive", "negative")) {
      count += side(histogram, side, integer);
    }
    long said = seldom() ? count + 1 : count;
    histogram.add(integer ? "count_int" : "count_float", integer ? (Object) said : (double) said);
    histogram.add("hint", (long) random.nextInt(5)).add("timestamp", time());
    if (second && random.nextBoolean()) {
      histogram.add("start", time());
    }
    return histogram;
  }

  private long side(Message histogram, String side, boolean integer) {
    long total = 0;
    long before = 0;
    int spanField = side.equals("positive") ? 11 : 8;
    for (int span = random.nextInt(3); span > 0; span--) {
      int length = random.nextInt(3);
      nested(
          histogram,
          spanField,
          new Message("Span").add("offset", random.nextInt(2)).add("length", length));
      List<Object> counts = new ArrayList<>();
      for (int i = 0; i < length + (seldom() ? 1 : 0); i++) {
        long count = random.nextInt(9);
        counts.add(integer ? (Object) (count - before) : (double) count);
        total += count;
        before = count;
      }
      histogram.add(side + (integer ? "_deltas" : "_counts"), counts);
    }
    return total;
  }

  private byte[] first() {
    Message request = new Message("Write1");
    for (int s = random.nextInt(8); s > 0; s--) {
      Message series = new Message("Series");
      putLabels(series, labels(true));
      for (int i = random.nextInt(4); i > 0; i--) {
        nested(series, 2, sample(false));
      }
      if (random.nextInt(8) == 0) {
        Message exemplar = new Message("Exemplar");
        putLabels(exemplar, labels(false));
        nested(series, 3, exemplar.add("value", number()).add("timestamp", time()));
      }
      if (random.nextInt(5) == 0) {
        nested(series, 4, histogram(true));
      }
      nested(request, 1, series);
    }
    if (random.nextInt(3) == 0) {
      Message metadata = new Message("Metadata").add("type", (long) random.nextInt(10));
      metadata.add("family", text(any(METRICS))).add("help", text("some longer help"));
      nested(request, 3, metadata.add("unit", text("s")));
    }
    return request.toBytes();
  }

  private int symbol(String text) {
    ByteString bytes = text(text);
    int known = symbols.indexOf(bytes);
    if (known >= 0 && !seldom()) {
      return known;
    }
    symbols.add(bytes);
    return symbols.size() - 1;
  }

  private List<Integer> references(List<String> pairs) {
    List<Integer> references = new ArrayList<>();
    pairs.forEach(text -> references.add(symbol(text)));
    if (verySeldom()) {
      references.add(random.nextInt(30));
    }
    return references;
  }

  private byte[] second() {
    symbols.clear();
    symbols.add(ByteString.EMPTY);
    Message request = new Message("Write2");
    for (int s = random.nextInt(8); s > 0; s--) {
      Message series = new Message("Series2").add("labels", references(labels(true)));
      for (int i = random.nextInt(4); i > 0; i--) {
        nested(series, 2, sample(true));
      }
      if (random.nextInt(5) == 0) {
        nested(series, 3, histogram(true));
      }
      if (random.nextInt(8) == 0) {
        nested(
            series,
            4,
            new Message("Exemplar2")
                .add("labels", references(labels(false)))
                .add("value", number())
                .add("timestamp", time()));
      }
      if (random.nextInt(4) == 0) {
        int help = symbol("some longer help");
        nested(
            series,
            5,
            new Message("Metadata2")
                .add("type", (long) random.nextInt(10))
                .add("help", help)
                .add("unit", seldom() ? 1000 : symbol("s")));
      }
      if (random.nextInt(3) == 0) {
        series.add("created", time());
      }
      nested(request, 5, series);
    }
    Message whole = new Message("Write2").add("symbols", symbols);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean last = seldom();
    out.writeBytes(last ? request.toBytes() : whole.toBytes());
    out.writeBytes(last ? whole.toBytes() : request.toBytes());
    return out.toByteArray();
  }

  private static List<String> ours(Supplier<MetricBatch> decode, Rejections rejections) {
    try {
      List<String> items = OtlpOracleTest.items(decode.get());
      items.add("refused " + rejections.total());
      return items;
    } catch (InvalidRequestException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return List.of("refused whole");
    }
  }

  private List<String> careful(byte[] message) {
    Rejections rejections = new Rejections();
    RemoteWriteDecoder decoder =
        new RemoteWriteDecoder(LIMITS, rejections, false, MetricParts.whole(reused));
    return ours(() -> decoder.decode(message, message.length), rejections);
  }

  /** As the receiver does it with a store that knows no series. */
  private List<String> trusting(byte[] message) {
    Rejections rejections = new Rejections();
    RemoteWriteDecoder decoder =
        new RemoteWriteDecoder(LIMITS, rejections, true, MetricParts.whole(reused));
    try {
      return ours(
          () -> {
            MetricBatch batch = decoder.decode(message, message.length);
            for (int i = 0; i < batch.seriesCount(); i++) {
              batch.checkKey(i);
            }
            return batch;
          },
          rejections);
    } catch (MetricBatch.UnfitKeyException e) {
      return careful(message);
    }
  }

  private List<String> second(byte[] message) {
    Rejections rejections = new Rejections();
    return ours(
        () ->
            new RemoteWrite2Decoder(LIMITS, rejections, message, MetricParts.whole(reused))
                .decode(Booking.unlimited()),
        rejections);
  }

  private static List<String> naive(byte[] message, boolean second) {
    NaiveRemoteWrite naive = new NaiveRemoteWrite(LIMITS);
    try {
      if (second) {
        naive.second(message);
      } else {
        naive.first(message);
      }
    } catch (NaiveRemoteWrite.RefusedException e) {
      return List.of("refused whole");
    }
    return naive.items();
  }

  private static byte[] damaged(byte[] message, SplittableRandom random) {
    byte[] bytes = message.clone();
    if (bytes.length > 0 && random.nextInt(3) > 0) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return random.nextInt(3) > 0 ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
  }

  @Test
  void readsVersion1AsTheNaiveReaderDoes() {
    for (int round = 0; round < Seeds.iterations(3000); round++) {
      wild = round % 2 == 1;
      byte[] message = first();
      assertThat(careful(message)).as("round %s", round).isEqualTo(naive(message, false));
      assertThat(trusting(message)).as("round %s", round).isEqualTo(naive(message, false));
    }
  }

  @Test
  void readsVersion2AsTheNaiveReaderDoes() {
    for (int round = 0; round < Seeds.iterations(3000); round++) {
      wild = round % 2 == 1;
      byte[] message = second();
      assertThat(second(message)).as("round %s", round).isEqualTo(naive(message, true));
    }
  }

  @Test
  void trustsNothingInDamagedRequestsThatCareWouldRefuse() {
    for (int round = 0; round < Seeds.iterations(5000); round++) {
      wild = round % 4 == 1;
      byte[] message = damaged(first(), random);
      assertThat(trusting(message)).as("round %s", round).isEqualTo(careful(message));
    }
  }

  @Test
  void answersDamagedVersion2WithNothingButARefusal() {
    for (int round = 0; round < Seeds.iterations(5000); round++) {
      wild = round % 4 == 1;
      assertThat(second(damaged(second(), random))).isNotEmpty();
    }
  }
}
