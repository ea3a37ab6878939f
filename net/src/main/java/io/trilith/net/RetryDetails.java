package io.trilith.net;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A google.rpc.Status with a google.rpc.RetryInfo of one second, which OTLP clients wait for. */
final class RetryDetails {
  private static final byte[] DELAY_ONE_SECOND = {0x0a, 0x02, 0x08, 0x01};

  private RetryDetails() {}

  static byte[] encode(int code, String message) {
    ByteArrayOutputStream any = new ByteArrayOutputStream();
    bytes(any, 1, "type.googleapis.com/google.rpc.RetryInfo".getBytes(StandardCharsets.UTF_8));
    bytes(any, 2, DELAY_ONE_SECOND);
    ByteArrayOutputStream status = new ByteArrayOutputStream();
    status.write(1 << 3);
    varint(status, code);
    bytes(status, 2, message.getBytes(StandardCharsets.UTF_8));
    bytes(status, 3, any.toByteArray());
    return status.toByteArray();
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    out.write(field << 3 | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  private static void varint(ByteArrayOutputStream out, int value) {
    int rest = value;
    while (rest > 0x7f) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }
}
