package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.KeyScanner;
import io.trilith.tsdb.SeriesKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  /** The first of the labels that all series of a scope have; the others go down from there. */
  private static final int COMMON = -4;

  /** Labels that a message names. */
  private static final int NAMED_MAX = 5;

  /** Bytes that a label takes besides its name's field and its value, at most. */
  private static final int LENGTHS = 11;

  private final LimitsConfig limits;
  private final Rejections rejections;
  private final OtlpVocabulary vocabulary;
  private final AttributeNames names;
  private final ByteWriter out;
  private final SeriesLabels strings;
  private final MetricNames translation;
  private final Notices notices;

  // The resource.
  private String job = "";
  private String instance = "";
  private byte[] jobLabel = new byte[0];
  private byte[] instanceLabel = new byte[0];
  private boolean resourceFits = true;

  // What is promoted: a point's attribute goes before one of its resource, one of its scope before
  // both.
  private Map<String, String> ofResource = Map.of();
  private Map<String, String> ofScope = Map.of();
  private byte[][] commonNames = new byte[0][];
  private byte[][] commonLabels = new byte[0][];
  private boolean commonFits = true;

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

  SeriesKeys(OtlpVocabulary vocabulary, Rejections rejections, Notices notices, ByteWriter out) {
    this.limits = vocabulary.rules().limits();
    this.translation = vocabulary.rules().names();
    this.rejections = rejections;
    this.notices = notices;
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
   * Sets the labels that a resource's and a scope's attributes become in each series; empty values
   * are none.
   */
  void common(Map<String, String> nextOfResource, Map<String, String> nextOfScope) {
    if (ofResource.isEmpty()
        && ofScope.isEmpty()
        && nextOfResource.isEmpty()
        && nextOfScope.isEmpty()) {
      return;
    }
    ofResource = nextOfResource;
    ofScope = nextOfScope;
    Map<String, String> all = new TreeMap<>(ofResource);
    all.putAll(ofScope);
    all.values().removeIf(String::isEmpty);
    commonNames = new byte[all.size()][];
    commonLabels = new byte[all.size()][];
    commonFits = true;
    int at = 0;
    for (Map.Entry<String, String> label : all.entrySet()) {
      byte[] value = AttributeNames.bytes(label.getValue());
      commonNames[at] = AttributeNames.bytes(label.getKey());
      commonLabels[at] = LabelBytes.label(commonNames[at], value);
      commonFits &=
          commonNames[at].length <= limits.labelNameMax() && value.length <= limits.labelValueMax();
      at++;
    }
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
    return isPlain(part, attributes) && putKey(part, attributes)
        ? written()
        : byStrings(part, attributes, null, 0, items);
  }

  private boolean isPlain(OtlpFamily.Part part, AttributeSet attributes) {
    return part.fits()
        && resourceFits
        && commonFits
        && attributes.isNumbered()
        && hasShape(attributes);
  }

  private boolean putKey(OtlpFamily.Part part, AttributeSet attributes) {
    size = 0;
    for (int i = 0; i < slotCount; i++) {
      if (i == boundSlot) {
        boundAt = size;
      }
      if (i == quantileSlot) {
        quantileAt = size;
      }
      if (!putSlot(slots[i], part, attributes)) {
        return false;
      }
    }
    boundAt = boundSlot == slotCount ? size : boundAt;
    quantileAt = quantileSlot == slotCount ? size : quantileAt;
    return true;
  }

  private int written() {
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
        if (slot <= COMMON) {
          put(commonLabels[COMMON - slot]);
          return true;
        }
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
    int own = 3 + commonLabels.length;
    plain = count + own <= limits.labelsPerSeriesMax();
    shapeSize = -1;
    if (!plain) {
      return;
    }
    if (slots.length < count + own) {
      slots = new int[2 * (count + own)];
    }
    if (shapeNumbers.length < count) {
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
    for (int i = 0; i < commonLabels.length; i++) {
      shapeLabel(COMMON - i, commonNames[i], attributes);
    }
    for (int i = 0; i < count; i++) {
      shapeNumbers[i] = attributes.number(i);
      shapeLabel(i, names.label(shapeNumbers[i]), attributes);
    }
    boundSlot = place(vocabulary.bounds().nameBytes(), attributes);
    quantileSlot = place(vocabulary.quantiles().nameBytes(), attributes);
    shapeSize = count;
  }

  private void shapeLabel(int slot, byte[] label, AttributeSet attributes) {
    plain &=
        label.length > 0
            && label.length <= limits.labelNameMax()
            && KeyScanner.isAscii(label, 0, label.length);
    insert(slot, label, attributes);
    hasBound |= Arrays.equals(label, vocabulary.bounds().nameBytes());
    hasQuantile |= Arrays.equals(label, vocabulary.quantiles().nameBytes());
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
      default -> slot <= COMMON ? commonNames[COMMON - slot] : names.label(attributes.number(slot));
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
    Map<String, String> byLabel = byLabel(attributes);
    if (byLabel.remove("") != null) {
      noName(part, attributes);
    }
    ofResource.forEach(byLabel::putIfAbsent);
    byLabel.putAll(ofScope);
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
    addOwn(part);
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

  private Map<String, String> byLabel(AttributeSet attributes) {
    Map<String, String> byLabel = new TreeMap<>();
    attributes
        .texts()
        .forEach((key, text) -> byLabel.merge(translation.label(key), text, (a, b) -> a + ";" + b));
    return byLabel;
  }

  private void addOwn(OtlpFamily.Part part) {
    strings.add(Labels.NAME, part.name());
    if (!job.isEmpty()) {
      strings.add("job", job);
    }
    if (!instance.isEmpty()) {
      strings.add("instance", instance);
    }
  }

  private void noName(OtlpFamily.Part part, AttributeSet attributes) {
    for (String key : attributes.texts().keySet()) {
      if (translation.label(key).isEmpty()) {
        notices.once(
            "label_without_name",
            part.name() + "\0" + key,
            "attribute "
                + Rejections.quoted(key)
                + " of "
                + Rejections.quoted(part.name())
                + " has no letter or digit that a label name could be made of; it was left out");
      }
    }
  }

  /**
   * Writes the key of a series that says what a resource is. A label that breaks a limit is left
   * out, and those beyond the number a series may have: the first ones, as sent, stay.
   *
   * @return where it starts, -1 when the series itself is refused
   */
  int info(OtlpFamily.Part part, AttributeSet attributes) {
    common(Map.of(), Map.of());
    whole = false;
    if (isPlain(part, attributes) && putKey(part, attributes)) {
      return written();
    }
    strings.clear();
    Map<String, String> byLabel = byLabel(attributes);
    byLabel.remove(Labels.NAME);
    if (!job.isEmpty()) {
      byLabel.remove("job");
    }
    if (!instance.isEmpty()) {
      byLabel.remove("instance");
    }
    int room = limits.labelsPerSeriesMax() - 3;
    List<String> left = new ArrayList<>();
    for (String key : attributes.keys()) {
      String label = translation.label(key);
      String value = byLabel.remove(label);
      if (value == null || value.isEmpty()) {
        continue;
      }
      if (room > 0 && fits(label, value)) {
        strings.add(label, value);
        room--;
      } else {
        left.add(label.isEmpty() ? key : label);
      }
    }
    addOwn(part);
    if (!left.isEmpty()) {
      leftOut(part, left);
    }
    Labels built = strings.build(0, rejections);
    if (built == null) {
      return -1;
    }
    int from = out.size();
    SeriesKey.put(built, out);
    return from;
  }

  private boolean fits(String label, String value) {
    return !label.isEmpty()
        && AttributeNames.bytes(label).length <= limits.labelNameMax()
        && AttributeNames.bytes(value).length <= limits.labelValueMax();
  }

  private void leftOut(OtlpFamily.Part part, List<String> labels) {
    String named =
        String.join(", ", labels.stream().limit(NAMED_MAX).map(Rejections::quoted).toList());
    notices.once(
        "label_left_out",
        part.name() + "\0" + job + "\0" + named,
        Rejections.quoted(part.name())
            + " of job "
            + Rejections.quoted(job)
            + " was stored without "
            + named
            + (labels.size() > NAMED_MAX ? " and " + (labels.size() - NAMED_MAX) + " more" : "")
            + ": limits.label-value-max is "
            + limits.labelValueMax()
            + " bytes, limits.labels-per-series-max "
            + limits.labelsPerSeriesMax()
            + ", limits.label-name-max "
            + limits.labelNameMax()
            + " bytes. This is said once");
  }
}
