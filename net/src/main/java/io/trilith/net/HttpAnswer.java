package io.trilith.net;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What a handler answers. Compression and framing are the server's business. */
public sealed interface HttpAnswer {
  int status();

  Map<String, String> headers();

  /** A body that is at hand as bytes. */
  @SuppressWarnings("ArrayRecordComponent") // handed to the server once, never compared
  record Whole(int status, Map<String, String> headers, byte[] body) implements HttpAnswer {}

  /**
   * A body that is written as it comes into being; it may throw before the first byte and still get
   * an error status.
   */
  record Streamed(int status, Map<String, String> headers, BodyWriter body) implements HttpAnswer {}

  /**
   * The connection becomes a WebSocket; a request that asks for none gets a 400. What the server
   * has to say against it is said by closing the socket: browsers show no other answer.
   */
  record Upgrade(WebSocketHandler handler) implements HttpAnswer {
    @Override
    public int status() {
      return 101;
    }

    @Override
    public Map<String, String> headers() {
      return Map.of();
    }
  }

  /** Writes a body to a stream that blocks while the client is slow. */
  @FunctionalInterface
  interface BodyWriter {
    void writeTo(OutputStream out) throws IOException;
  }

  static HttpAnswer json(int status, String body) {
    return new Whole(
        status,
        Map.of("content-type", "application/json; charset=utf-8"),
        body.getBytes(StandardCharsets.UTF_8));
  }

  static HttpAnswer json(int status, BodyWriter body) {
    return new Streamed(status, Map.of("content-type", "application/json; charset=utf-8"), body);
  }

  static Whole text(int status, String body) {
    return new Whole(
        status,
        Map.of("content-type", "text/plain; charset=utf-8", "x-content-type-options", "nosniff"),
        body.getBytes(StandardCharsets.UTF_8));
  }

  static Whole bytes(int status, String contentType, byte[] body) {
    return new Whole(status, Map.of("content-type", contentType), body);
  }

  static HttpAnswer empty(int status) {
    return new Whole(status, Map.of(), new byte[0]);
  }
}
