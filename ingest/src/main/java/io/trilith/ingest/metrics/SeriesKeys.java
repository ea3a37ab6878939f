package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SeriesKey;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes the keys of a point's series into the batch. The order in which attributes become labels
 * follows from their keys alone and is kept from point to point; a further series of a point is a
 * copy of its first with another name and perhaps one more label. What is not as nearly all points
 * are (keys that become the same label, broken limits) goes by way of strings. Not thread-safe.
 */
final class SeriesKeys {
  private static final int NAME = -1;
  private static final int JOB = -2;
  private static final int INSTANCE = -3;

  /** Bytes that a label takes besides its name's field and its value, at most. */
  private static final int LENGTHS = 11;

  private final LimitsConfig limits;
  private final Rejections rejections;
  private final OtlpVocabulary vocabulary;
  private final AttributeNames names;
  private final ByteWriter out;
  private final SeriesLabels strings;

  // The resource.
  private String job = "";
  private String instance = "";
  private byte[] jobLabel = new byte[0];
  private byte[] instanceLabel = new byte[0];
  private boolean resourceFits = true;

  // The shape: what follows from the attributes' keys.
  private int[] shapeNumbers = new int[16];
  private int shapeSize = -1;
  private int[] slots = new int[19];
  private int slotCount;
  private boolean plain;
  private int boundSlot;
  private int quantileSlot;
  private boolean hasBound;
  private boolean hasQuantile;

  // The first key of the point, if it was written so.
  private byte[] key = new byte[512];
  private int size;
  private boolean whole;
  private int nameFrom;
  private int nameTo;
  private int boundAt;
  private int quantileAt;

  SeriesKeys(
      LimitsConfig limits, Rejections rejections, OtlpVocabulary vocabulary, ByteWriter out) {
    this.limits = limits;
    this.rejections = rejections;
    this.vocabulary = vocabulary;
    this.names = vocabulary.names();
    this.out = out;
    this.strings = new SeriesLabels(limits);
  }

  /** Sets what the resource adds to each series; empty: nothing. */
  void resource(String nextJob, String nextInstance) {
    job = nextJob;
    instance = nextInstance;
    byte[] jobBytes = AttributeNames.bytes(job);
    byte[] instanceBytes = AttributeNames.bytes(instance);
    jobLabel = job.isEmpty() ? jobBytes : LabelBytes.label(AttributeNames.JOB, jobBytes);
    instanceLabel =
        instance.isEmpty()
            ? instanceBytes
            : LabelBytes.label(AttributeNames.INSTANCE, instanceBytes);
    resourceFits =
        jobBytes.length <= limits.labelValueMax() && instanceBytes.length <= limits.labelValueMax();
    shapeSize = -1;
  }

  /**
   * Writes the first key of a point.
   *
   * @param items how many items are refused when it cannot be
   * @return where it starts, -1 when it is refused
   */
  int first(OtlpFamily.Part part, AttributeSet attributes, long items) {
    whole = false;
    if (!part.fits() || !resourceFits || !attributes.isNumbered() || !hasShape(attributes)) {
      return byStrings(part, attributes, null, 0, items);
    }
    size = 0;
    for (int i = 0; i < slotCount; i++) {
      if (i == boundSlot) {
        boundAt = size;
      }
      if (i == quantileSlot) {
        quantileAt = size;
      }
      if (!putSlot(slots[i], part, attributes)) {
        return byStrings(part, attributes, null, 0, items);
      }
    }
    boundAt = boundSlot == slotCount ? size : boundAt;
    quantileAt = quantileSlot == slotCount ? size : quantileAt;
    whole = true;
    int from = out.size();
    out.putBytes(key, 0, size);
    return from;
  }

  private boolean putSlot(int slot, OtlpFamily.Part part, AttributeSet attributes) {
    switch (slot) {
      case NAME -> {
        nameFrom = size;
        put(part.label());
        nameTo = size;
      }
      case JOB -> put(jobLabel);
      case INSTANCE -> put(instanceLabel);
      default -> {
        int length = attributes.valueLength(slot);
        if (length > limits.labelValueMax()) {
          return false;
        }
        if (length > 0) {
          put(names.head(attributes.number(slot)), attributes, slot, length);
        }
      }
    }
    return true;
  }

  private void put(byte[] label) {
    reserve(label.length);
    System.arraycopy(label, 0, key, size, label.length);
    size += label.length;
  }

  private void put(byte[] head, AttributeSet attributes, int slot, int length) {
    reserve(head.length + length + LENGTHS);
    byte[] into = key;
    int at = size;
    into[at++] = SeriesKey.FIRST;
    at = putVarint(into, at, head.length + (length < 0x80 ? 1 : varintLength(length)) + length);
    System.arraycopy(head, 0, into, at, head.length);
    at = putVarint(into, at + head.length, length);
    System.arraycopy(attributes.valueBytes(slot), attributes.valueOffset(slot), into, at, length);
    size = at + length;
  }

  private void reserve(int more) {
    if (key.length - size < more) {
      key = Arrays.copyOf(key, Math.max(2 * key.length, size + more));
    }
  }

  private static int varintLength(int value) {
    return (31 - Integer.numberOfLeadingZeros(value | 1)) / 7 + 1;
  }

  private static int putVarint(byte[] into, int from, int value) {
    int at = from;
    int rest = value;
    while (rest >= 0x80) {
      into[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    into[at++] = (byte) rest;
    return at;
  }

  /** Writes a further key of the point that {@link #first} began; -1 when it is refused. */
  int further(OtlpFamily.Part part, AttributeSet attributes) {
    if (!whole || !part.fits()) {
      return byStrings(part, attributes, null, 0, 0);
    }
    int from = out.size();
    out.putBytes(key, 0, nameFrom);
    out.putBytes(part.label());
    out.putBytes(key, nameTo, size - nameTo);
    return from;
  }

  /** As above, with a label of a bound or quantile. */
  int further(OtlpFamily.Part part, AttributeSet attributes, BoundLabels label, double value) {
    boolean bound = label == vocabulary.bounds();
    boolean there = bound ? hasBound : hasQuantile;
    byte[] extra = label.label(value);
    if (!whole
        || !part.fits()
        || there
        || slotCount == limits.labelsPerSeriesMax()
        || extra.length > limits.labelValueMax()) {
      return byStrings(part, attributes, label, value, 0);
    }
    int at = bound ? boundAt : quantileAt;
    int from = out.size();
    out.putBytes(key, 0, nameFrom);
    out.putBytes(part.label());
    out.putBytes(key, nameTo, at - nameTo);
    out.putBytes(extra);
    out.putBytes(key, at, size - at);
    return from;
  }

  /** Whether the attributes' keys are labels one beside the other; finds their order if need be. */
  private boolean hasShape(AttributeSet attributes) {
    int count = attributes.size();
    boolean same = count == shapeSize;
    for (int i = 0; same && i < count; i++) {
      same = attributes.number(i) == shapeNumbers[i];
    }
    if (!same) {
      shape(attributes, count);
    }
    return plain;
  }

  private void shape(AttributeSet attributes, int count) {
    plain = count + 3 <= limits.labelsPerSeriesMax();
    shapeSize = -1;
    if (!plain) {
      return;
    }
    if (slots.length < count + 3) {
      slots = new int[2 * count + 3];
      shapeNumbers = new int[2 * count];
    }
    hasBound = false;
    hasQuantile = false;
    slotCount = 0;
    insert(NAME, AttributeNames.NAME, attributes);
    if (!job.isEmpty()) {
      insert(JOB, AttributeNames.JOB, attributes);
    }
    if (!instance.isEmpty()) {
      insert(INSTANCE, AttributeNames.INSTANCE, attributes);
    }
    for (int i = 0; i < count; i++) {
      shapeNumbers[i] = attributes.number(i);
      byte[] label = names.label(shapeNumbers[i]);
      plain &= label.length > 0 && label.length <= limits.labelNameMax();
      insert(i, label, attributes);
      hasBound |= Arrays.equals(label, vocabulary.bounds().nameBytes());
      hasQuantile |= Arrays.equals(label, vocabulary.quantiles().nameBytes());
    }
    boundSlot = place(vocabulary.bounds().nameBytes(), attributes);
    quantileSlot = place(vocabulary.quantiles().nameBytes(), attributes);
    shapeSize = count;
  }

  private void insert(int slot, byte[] label, AttributeSet attributes) {
    int at = slotCount;
    while (at > 0) {
      int order = Arrays.compareUnsigned(label(slots[at - 1], attributes), label);
      if (order == 0) {
        plain = false;
      }
      if (order <= 0) {
        break;
      }
      slots[at] = slots[at - 1];
      at--;
    }
    slots[at] = slot;
    slotCount++;
  }

  private byte[] label(int slot, AttributeSet attributes) {
    return switch (slot) {
      case NAME -> AttributeNames.NAME;
      case JOB -> AttributeNames.JOB;
      case INSTANCE -> AttributeNames.INSTANCE;
      default -> names.label(attributes.number(slot));
    };
  }

  /** Before which slot a label belongs. */
  private int place(byte[] label, AttributeSet attributes) {
    int at = 0;
    while (at < slotCount && Arrays.compareUnsigned(label(slots[at], attributes), label) < 0) {
      at++;
    }
    return at;
  }

  /**
   * Attributes whose keys become one label have their values joined, in the order of the keys; the
   * name, the resource's labels and the bound's replace attributes.
   */
  private int byStrings(
      OtlpFamily.Part part,
      AttributeSet attributes,
      @Nullable BoundLabels extra,
      double value,
      long items) {
    strings.clear();
    Map<String, String> byLabel = new TreeMap<>();
    attributes
        .texts()
        .forEach((key, text) -> byLabel.merge(MetricNames.label(key), text, (a, b) -> a + ";" + b));
    byLabel.remove(Labels.NAME);
    if (!job.isEmpty()) {
      byLabel.remove("job");
    }
    if (!instance.isEmpty()) {
      byLabel.remove("instance");
    }
    if (extra != null) {
      byLabel.remove(extra.name());
    }
    byLabel.forEach(strings::add);
    strings.add(Labels.NAME, part.name());
    if (!job.isEmpty()) {
      strings.add("job", job);
    }
    if (!instance.isEmpty()) {
      strings.add("instance", instance);
    }
    if (extra != null) {
      strings.add(extra.name(), extra.text(value));
    }
    Labels built = strings.build(items, rejections);
    if (built == null) {
      return -1;
    }
    int from = out.size();
    SeriesKey.put(built, out);
    return from;
  }
}
