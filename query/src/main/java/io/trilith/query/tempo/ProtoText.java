package io.trilith.query.tempo;

import io.trilith.storage.encoding.ByteWriter;
import java.nio.charset.StandardCharsets;

/** Writes protobuf messages. Not thread-safe. */
final class ProtoText {
  private final ByteWriter out = new ByteWriter(512);

  private ProtoText tag(int field, int wireType) {
    out.putVarint((long) field << 3 | wireType);
    return this;
  }

  ProtoText varint(int field, long value) {
    tag(field, 0).out.putVarint(value);
    return this;
  }

  /** Left out when it is zero, as proto3 has it. */
  ProtoText some(int field, long value) {
    return value == 0 ? this : varint(field, value);
  }

  ProtoText fixed64(int field, long value) {
    tag(field, 1).out.putLong(value);
    return this;
  }

  ProtoText fixed32(int field, int value) {
    tag(field, 5).out.putInt(value);
    return this;
  }

  ProtoText bytes(int field, byte... value) {
    tag(field, 2).out.putVarint(value.length);
    out.putBytes(value);
    return this;
  }

  ProtoText text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Left out when it is empty. */
  ProtoText some(int field, String value) {
    return value.isEmpty() ? this : text(field, value);
  }

  /** A nested message, written even when it is empty. */
  ProtoText message(int field, ProtoText nested) {
    tag(field, 2).out.putVarint(nested.out.size());
    out.putBytes(nested.out.view());
    return this;
  }

  byte[] toBytes() {
    return out.toArray();
  }
}
