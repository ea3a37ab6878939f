package io.trilith.net;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A google.rpc.Status with a google.rpc.RetryInfo, which OTLP clients wait for. */
final class RetryDetails {
  private RetryDetails() {}

  /**
   * The status.
   *
   * @param seconds of the delay
   */
  static byte[] encode(int code, String message, int seconds) {
    ByteArrayOutputStream duration = new ByteArrayOutputStream();
    duration.write(1 << 3);
    varint(duration, seconds);
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    bytes(info, 1, duration.toByteArray());
    ByteArrayOutputStream any = new ByteArrayOutputStream();
    bytes(any, 1, "type.googleapis.com/google.rpc.RetryInfo".getBytes(StandardCharsets.UTF_8));
    bytes(any, 2, info.toByteArray());
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
