package io.trilith.ingest.metrics;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import io.trilith.config.LimitsConfig;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.NativeHistogram;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads remote write by protobuf's own runtime and says what it means, item by item. */
final class NaiveRemoteWrite {
  private final LimitsConfig limits;
  private final List<String> samples = new ArrayList<>();
  private final List<String> histograms = new ArrayList<>();
  private final List<String> exemplars = new ArrayList<>();
  private final Map<String, MetricMetadata> metadata = new LinkedHashMap<>();
  private long refused;
  private boolean second;

  /** The whole request is refused. */
  @SuppressWarnings("serial") // never serialised
  static final class RefusedException extends RuntimeException {
    RefusedException(String message) {
      super(message);
    }
  }

  NaiveRemoteWrite(LimitsConfig limits) {
    this.limits = limits;
  }

  /** As {@link OtlpOracleTest#items}, and how many items are refused. */
  List<String> items() {
    List<String> items = new ArrayList<>(samples);
    items.addAll(histograms);
    items.addAll(exemplars);
    metadata.forEach((name, entry) -> items.add(name + " " + entry));
    items.add("refused " + refused);
    return items;
  }

  private static FieldDescriptor field(DynamicMessage message, String name) {
    return message.getDescriptorForType().findFieldByName(name);
  }

  private static List<DynamicMessage> all(DynamicMessage message, String name) {
    List<DynamicMessage> all = new ArrayList<>();
    ((List<?>) message.getField(field(message, name)))
        .forEach(one -> all.add((DynamicMessage) one));
    return all;
  }

  private static long number(DynamicMessage message, String name) {
    return ((Number) message.getField(field(message, name))).longValue();
  }

  private static double real(DynamicMessage message, String name) {
    return ((Number) message.getField(field(message, name))).doubleValue();
  }

  private static double unsigned(DynamicMessage message, String name) {
    long value = number(message, name);
    return value >= 0 ? value : (value >>> 1) * 2.0;
  }

  private static double[] reals(DynamicMessage message, String name) {
    return ((List<?>) message.getField(field(message, name)))
        .stream().mapToDouble(one -> ((Number) one).doubleValue()).toArray();
  }

  private static ByteString bytes(DynamicMessage message, String name) {
    return (ByteString) message.getField(field(message, name));
  }

  private static String strict(ByteString bytes) {
    try {
      ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
      return StandardCharsets.UTF_8.newDecoder().decode(buffer).toString();
    } catch (CharacterCodingException e) {
      throw new RefusedException("text");
    }
  }

  private static String lenient(ByteString bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static DynamicMessage parse(String type, byte[] message) {
    try {
      return DynamicMessage.parseFrom(PrometheusMessages.of(type), message);
    } catch (InvalidProtocolBufferException e) {
      throw new RefusedException("malformed");
    }
  }

  void first(byte[] message) {
    DynamicMessage request = parse("Write1", message);
    for (DynamicMessage series : all(request, "series")) {
      Labels labels = judge(pairs(series));
      long items = all(series, "samples").size() + (long) all(series, "histograms").size();
      if (labels == null) {
        refused += items;
        continue;
      }
      for (DynamicMessage exemplar : all(series, "exemplars")) {
        exemplar(labels, pairs(exemplar), exemplar);
      }
      values(labels, series, 0);
    }
    for (DynamicMessage entry : all(request, "metadata")) {
      describe(
          strict(bytes(entry, "family")),
          number(entry, "type"),
          lenient(bytes(entry, "unit")),
          lenient(bytes(entry, "help")));
    }
  }

  private static List<String> pairs(DynamicMessage message) {
    List<String> pairs = new ArrayList<>();
    for (DynamicMessage label : all(message, "labels")) {
      pairs.add(strict(bytes(label, "name")));
      pairs.add(strict(bytes(label, "value")));
    }
    return pairs;
  }

  void second(byte[] message) {
    second = true;
    DynamicMessage request = parse("Write2", message);
    List<?> symbols = (List<?>) request.getField(field(request, "symbols"));
    Map<Integer, Integer> helpOfName = new HashMap<>();
    for (DynamicMessage series : all(request, "series")) {
      List<Integer> references = references(series, symbols);
      List<String> pairs = texts(references, symbols);
      Labels labels = judge(pairs);
      long items = all(series, "samples").size() + (long) all(series, "histograms").size();
      if (items + all(series, "exemplars").size() > 0 && labels == null) {
        refused += items;
        continue;
      }
      for (DynamicMessage exemplar : all(series, "exemplars")) {
        exemplar(labels, texts(references(exemplar, symbols), symbols), exemplar);
      }
      values(labels, series, number(series, "created"));
      int name = 0;
      boolean named = false;
      for (int i = 0; i < pairs.size(); i += 2) {
        if (pairs.get(i).equals("__name__")) {
          named = true;
          name = i;
        }
      }
      if (series.hasField(field(series, "metadata"))) {
        DynamicMessage entry = (DynamicMessage) series.getField(field(series, "metadata"));
        String help = optional(symbols, number(entry, "help"));
        String unit = optional(symbols, number(entry, "unit"));
        long type = number(entry, "type");
        int helpSymbol = (int) number(entry, "help");
        if (named && !(type == 0 && help.isEmpty() && unit.isEmpty())) {
          Integer before = helpOfName.put(references.get(name + 1), helpSymbol);
          if (before == null || before != helpSymbol) {
            describe(Metadata.family(pairs.get(name + 1), type), type, unit, help);
          }
        }
      }
    }
  }

  private static String optional(List<?> symbols, long reference) {
    if (reference == 0 && symbols.isEmpty()) {
      return "";
    }
    if (reference >= symbols.size()) {
      throw new RefusedException("reference");
    }
    return lenient((ByteString) symbols.get((int) reference));
  }

  private static List<Integer> references(DynamicMessage message, List<?> symbols) {
    List<Integer> references = new ArrayList<>();
    for (Object one : (List<?>) message.getField(field(message, "labels"))) {
      int reference = (Integer) one;
      if (reference < 0 || reference >= symbols.size()) {
        throw new RefusedException("reference");
      }
      references.add(reference);
    }
    if (references.size() % 2 != 0) {
      throw new RefusedException("pairs");
    }
    return references;
  }

  private static List<String> texts(List<Integer> references, List<?> symbols) {
    return references.stream().map(one -> strict((ByteString) symbols.get(one))).toList();
  }

  private @Nullable Labels judge(List<String> pairs) {
    Map<String, String> labels = new TreeMap<>();
    if (pairs.size() / 2 > limits.labelsPerSeriesMax()) {
      return null;
    }
    for (int i = 0; i < pairs.size(); i += 2) {
      String name = pairs.get(i);
      String value = pairs.get(i + 1);
      if (name.isEmpty()
          || name.getBytes(StandardCharsets.UTF_8).length > limits.labelNameMax()
          || value.getBytes(StandardCharsets.UTF_8).length > limits.labelValueMax()
          || labels.putIfAbsent(name, value) != null) {
        return null;
      }
    }
    return labels.getOrDefault("__name__", "").isEmpty() ? null : Labels.of(labels);
  }

  private void values(@Nullable Labels labels, DynamicMessage series, long created) {
    for (DynamicMessage sample : all(series, "samples")) {
      long start = second ? number(sample, "start") : 0;
      samples.add(
          labels
              + " "
              + Long.toHexString(Double.doubleToRawLongBits(real(sample, "value")))
              + "@"
              + number(sample, "timestamp")
              + " since "
              + (start == 0 ? created : start));
    }
    for (DynamicMessage histogram : all(series, "histograms")) {
      NativeHistogram read = NativeHistograms.stored(histogram(histogram));
      if (HistogramChecks.problem(read, limits) != null) {
        refused++;
        continue;
      }
      long start = number(histogram, "start");
      histograms.add(
          labels
              + " "
              + OtlpOracleTest.text(read)
              + "@"
              + number(histogram, "timestamp")
              + " since "
              + (start == 0 ? created : start));
    }
  }

  private void exemplar(@Nullable Labels series, List<String> pairs, DynamicMessage exemplar) {
    List<String> named = new ArrayList<>(List.of("__name__", "exemplar"));
    named.addAll(pairs);
    Labels labels = judge(named);
    if (labels == null) {
      refused++;
      return;
    }
    exemplars.add(
        series
            + " "
            + new Exemplar(
                labels.filter(name -> !name.equals("__name__")),
                real(exemplar, "value"),
                number(exemplar, "timestamp")));
  }

  private NativeHistogram histogram(DynamicMessage h) {
    boolean integer = h.hasField(field(h, "count_int"));
    NativeHistogram.ResetHint[] hints = NativeHistogram.ResetHint.values();
    long hint = number(h, "hint");
    return new NativeHistogram(
        (int) number(h, "schema"),
        hint >= 0 && hint < hints.length ? hints[(int) hint] : NativeHistogram.ResetHint.UNKNOWN,
        integer,
        real(h, "zero_threshold"),
        h.hasField(field(h, "zero_int")) ? unsigned(h, "zero_int") : real(h, "zero_float"),
        integer ? unsigned(h, "count_int") : real(h, "count_float"),
        real(h, "sum"),
        spans(h, "positive_spans", "offset"),
        spans(h, "positive_spans", "length"),
        counts(h, "positive", integer),
        spans(h, "negative_spans", "offset"),
        spans(h, "negative_spans", "length"),
        counts(h, "negative", integer),
        reals(h, "bounds"));
  }

  private static int[] spans(DynamicMessage h, String side, String part) {
    return all(h, side).stream().mapToInt(span -> (int) number(span, part)).toArray();
  }

  private static double[] counts(DynamicMessage h, String side, boolean integer) {
    if (!integer) {
      return reals(h, side + "_counts");
    }
    double[] counts = reals(h, side + "_deltas");
    for (int i = 1; i < counts.length; i++) {
      counts[i] += counts[i - 1];
    }
    return counts;
  }

  private void describe(String family, long type, String unit, String help) {
    if (!family.isEmpty() && family.length() <= limits.labelValueMax()) {
      MetricMetadata.Type[] types = MetricMetadata.Type.values();
      metadata.put(
          family,
          new MetricMetadata(
              type > 0 && type < types.length ? types[(int) type] : MetricMetadata.Type.UNKNOWN,
              cut(unit),
              cut(help)));
    }
  }

  private String cut(String text) {
    return text.length() <= limits.metadataMax() ? text : text.substring(0, limits.metadataMax());
  }
}
