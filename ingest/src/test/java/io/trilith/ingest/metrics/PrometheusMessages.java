package io.trilith.ingest.metrics;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.HashMap;
import java.util.Map;

/**
 * The messages of remote write 1 and 2, described to protobuf's own runtime, which so becomes an
 * independent writer and reader of them. Text is of type bytes: what is text is not its matter.
 */
final class PrometheusMessages {
  private static final Map<String, FieldDescriptorProto.Type> TYPES =
      Map.of(
          "bytes", FieldDescriptorProto.Type.TYPE_BYTES,
          "double", FieldDescriptorProto.Type.TYPE_DOUBLE,
          "int64", FieldDescriptorProto.Type.TYPE_INT64,
          "uint64", FieldDescriptorProto.Type.TYPE_UINT64,
          "uint32", FieldDescriptorProto.Type.TYPE_UINT32,
          "sint32", FieldDescriptorProto.Type.TYPE_SINT32,
          "sint64", FieldDescriptorProto.Type.TYPE_SINT64);

  private static final String HISTOGRAM =
      "count_int uint64 1 !count, count_float double 2 !count, sum double 3, schema sint32 4,"
          + " zero_threshold double 5, zero_int uint64 6 !zero, zero_float double 7 !zero,"
          + " negative_spans *Span 8, negative_deltas *sint64 9, negative_counts *double 10,"
          + " positive_spans *Span 11, positive_deltas *sint64 12, positive_counts *double 13,"
          + " hint int64 14, timestamp int64 15, bounds *double 16, start int64 17";
  private static final String[][] MESSAGES = {
    {"Label", "name bytes 1, value bytes 2"},
    {"Span", "offset sint32 1, length uint32 2"},
    {"Sample", "value double 1, timestamp int64 2, start int64 3"},
    {"Histogram", HISTOGRAM},
    {"Exemplar", "labels *Label 1, value double 2, timestamp int64 3"},
    {"Metadata", "type int64 1, family bytes 2, help bytes 4, unit bytes 5"},
    {
      "Series", "labels *Label 1, samples *Sample 2, exemplars *Exemplar 3, histograms *Histogram 4"
    },
    {"Write1", "series *Series 1, metadata *Metadata 3"},
    {"Exemplar2", "labels *uint32 1, value double 2, timestamp int64 3"},
    {"Metadata2", "type int64 1, help uint32 3, unit uint32 4"},
    {
      "Series2",
      "labels *uint32 1, samples *Sample 2, histograms *Histogram 3, exemplars *Exemplar2 4,"
          + " metadata Metadata2 5, created int64 6"
    },
    {"Write2", "symbols *bytes 4, series *Series2 5"},
  };

  private static final Map<String, Descriptor> DESCRIPTORS = describe();

  private PrometheusMessages() {}

  static Descriptor of(String name) {
    Descriptor descriptor = DESCRIPTORS.get(name);
    if (descriptor == null) {
      throw new IllegalArgumentException(name);
    }
    return descriptor;
  }

  private static Map<String, Descriptor> describe() {
    FileDescriptorProto.Builder file =
        FileDescriptorProto.newBuilder().setName("prometheus.proto").setSyntax("proto3");
    for (String[] message : MESSAGES) {
      file.addMessageType(message(message[0], message[1]));
    }
    Map<String, Descriptor> all = new HashMap<>();
    try {
      FileDescriptor.buildFrom(file.build(), new FileDescriptor[0])
          .getMessageTypes()
          .forEach(one -> all.put(one.getName(), one));
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
    return all;
  }

  /** Fields as {@code name [*]type number [!oneof]}. */
  private static DescriptorProto message(String name, String fields) {
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName(name);
    Map<String, Integer> oneofs = new HashMap<>();
    for (String field : fields.split(", *", -1)) {
      String[] parts = field.split(" ", -1);
      boolean repeated = parts[1].startsWith("*");
      String type = parts[1].substring(repeated ? 1 : 0);
      FieldDescriptorProto.Builder built =
          FieldDescriptorProto.newBuilder()
              .setName(parts[0])
              .setNumber(Integer.parseInt(parts[2]))
              .setLabel(
                  repeated
                      ? FieldDescriptorProto.Label.LABEL_REPEATED
                      : FieldDescriptorProto.Label.LABEL_OPTIONAL);
      FieldDescriptorProto.Type scalar = TYPES.get(type);
      if (scalar == null) {
        built.setType(FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName("." + type);
      } else {
        built.setType(scalar);
      }
      if (parts.length > 3) {
        Integer index = oneofs.get(parts[3]);
        if (index == null) {
          index = oneofs.size();
          oneofs.put(parts[3], index);
          message.addOneofDecl(OneofDescriptorProto.newBuilder().setName(parts[3].substring(1)));
        }
        built.setOneofIndex(index);
      }
      message.addField(built);
    }
    return message.build();
  }
}
