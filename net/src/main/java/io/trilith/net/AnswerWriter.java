package io.trilith.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes one answer: whole when it is short or at hand, in chunks else; compressed where the client
 * takes it. Waits while the client is slow. Confined to the handler's thread.
 */
final class AnswerWriter {
  private static final int GZIP_MIN = 1 << 10;
  private static final int BUFFER = 16 << 10;
  private static final int SLICE = 64 << 10;
  private static final int GZIP_LEVEL = 4;
  private static final int WARNINGS_MAX = 10;
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final Channel channel;
  private final WriteGate gate;
  private final RequestHead head;
  private final Cors cors;
  private final InstantSource clock;
  private final Supplier<List<String>> warnings;
  private final boolean gzipAccepted;
  private boolean keepAlive;
  private boolean committed;
  private int status;
  private long bytes;

  AnswerWriter(
      Channel channel,
      WriteGate gate,
      RequestHead head,
      Cors cors,
      InstantSource clock,
      Supplier<List<String>> warnings) {
    this.warnings = warnings;
    this.channel = channel;
    this.gate = gate;
    this.head = head;
    this.cors = cors;
    this.clock = clock;
    this.keepAlive = head.keepAlive();
    this.gzipAccepted = AcceptEncoding.takesGzip(head.header("accept-encoding"));
  }

  /** The connection ends after this answer. */
  void closeAfter() {
    keepAlive = false;
  }

  boolean keepAlive() {
    return keepAlive;
  }

  /** Whether the status line is out, so that nothing else can be said. */
  boolean committed() {
    return committed;
  }

  int status() {
    return status;
  }

  /** Bytes of the body before compression. */
  long bytes() {
    return bytes;
  }

  /** Writes it and returns what completes when its last byte is handed to the network. */
  ChannelFuture write(HttpAnswer answer, WorkQueue.Permit permit) throws IOException {
    return switch (answer) {
      case HttpAnswer.Whole whole -> {
        permit.close();
        yield writeWhole(whole.status(), whole.headers(), whole.body(), permit);
      }
      case HttpAnswer.Streamed streamed -> writeStreamed(streamed, permit);
      case HttpAnswer.Upgrade _ -> throw new IllegalStateException("an upgrade is no answer");
    };
  }

  /**
   * Writes a refusal.
   *
   * @param form of the route; null for a plain text
   */
  ChannelFuture write(Refusal refusal, @Nullable RefusalForm form) throws IOException {
    String type = Objects.requireNonNullElse(head.header("content-type"), "");
    HttpAnswer.Whole worded =
        form == null
            ? HttpAnswer.text(refusal.status(), refusal.text() + "\n")
            : form.answer(refusal.status(), refusal.text(), type);
    Map<String, String> headers = new HashMap<>(worded.headers());
    if (refusal.retryable()) {
      headers.put("retry-after", Integer.toString(refusal.retryAfter()));
    }
    if (!refusal.challenge().isEmpty()) {
      headers.put("www-authenticate", refusal.challenge());
    }
    return writeWhole(refusal.status(), headers, worded.body(), WorkQueue.Permit.NONE);
  }

  private ChannelFuture writeWhole(
      int answerStatus, Map<String, String> headers, byte[] plain, WorkQueue.Permit permit)
      throws IOException {
    status = answerStatus;
    bytes = plain.length;
    boolean bodiless = answerStatus == 204 || answerStatus == 304;
    boolean gzip = !bodiless && gzipAccepted && plain.length >= GZIP_MIN && compressible(headers);
    byte[] body = gzip && !isHead() ? gzip(plain) : plain;
    StringBuilder text = start(answerStatus, headers, gzip);
    if (!bodiless && !(gzip && isHead())) {
      text.append("content-length: ").append(body.length).append("\r\n");
    }
    committed = true;
    ByteBuf first = ascii(text.append("\r\n"));
    if (bodiless || isHead() || body.length == 0) {
      return channel.writeAndFlush(first);
    }
    int done = Math.min(SLICE, body.length);
    ChannelFuture last =
        channel.writeAndFlush(Unpooled.wrappedBuffer(first, Unpooled.wrappedBuffer(body, 0, done)));
    while (done < body.length) {
      gate.await(permit);
      int part = Math.min(SLICE, body.length - done);
      last = channel.writeAndFlush(Unpooled.wrappedBuffer(body, done, part));
      done += part;
    }
    return last;
  }

  private ChannelFuture writeStreamed(HttpAnswer.Streamed answer, WorkQueue.Permit permit)
      throws IOException {
    if (isHead()) {
      committed = true;
      status = answer.status();
      return channel.writeAndFlush(
          ascii(start(answer.status(), answer.headers(), false).append("\r\n")));
    }
    Body body = new Body(answer, permit);
    answer.body().writeTo(body);
    return body.finish();
  }

  private StringBuilder start(int answerStatus, Map<String, String> headers, boolean gzip) {
    StringBuilder text = new StringBuilder(256);
    text.append("HTTP/1.1 ").append(answerStatus).append(' ').append(Reason.of(answerStatus));
    text.append("\r\ndate: ").append(DATE.format(clock.instant())).append("\r\n");
    headers.forEach(
        (name, value) ->
            text.append(printable(name)).append(": ").append(printable(value)).append("\r\n"));
    Map<String, String> ofCors = new LinkedHashMap<>(cors.headers(head));
    if (compressible(headers)) {
      // One header: not every client and cache joins two of one name.
      ofCors.merge("vary", "accept-encoding", (origin, encoding) -> encoding + ", " + origin);
    }
    ofCors.forEach(
        (name, value) -> text.append(name).append(": ").append(printable(value)).append("\r\n"));
    List<String> lacks = warnings.get();
    if (!lacks.isEmpty()) {
      text.append("x-trilith-warning: ").append(printable(joined(lacks))).append("\r\n");
    }
    if (gzip) {
      text.append("content-encoding: gzip\r\n");
    }
    if (!keepAlive) {
      text.append("connection: close\r\n");
    } else if (head.http10()) {
      text.append("connection: keep-alive\r\n");
    }
    return text;
  }

  /** Clients refuse long headers. */
  private static String joined(List<String> texts) {
    int more = texts.size() - WARNINGS_MAX;
    return more <= 0
        ? String.join("; ", texts)
        : String.join("; ", texts.subList(0, WARNINGS_MAX)) + "; and " + more + " more";
  }

  private boolean isHead() {
    return head.method().equals("HEAD");
  }

  /** Nothing that comes from outside may end a header line. */
  private static String printable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
        return text.chars()
            .map(c -> c < ' ' || c > '~' ? '?' : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
    }
    return text;
  }

  private static boolean compressible(Map<String, String> headers) {
    if (headers.containsKey("content-encoding")) {
      return false;
    }
    String type = headers.getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
    return type.startsWith("text/")
        || type.contains("json")
        || type.contains("yaml")
        || type.contains("xml")
        || type.contains("protobuf");
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream(plain.length / 4 + 64);
    try (OutputStream out = new Gzip(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }

  private static ByteBuf ascii(CharSequence text) {
    return Unpooled.wrappedBuffer(text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Frees the deflater's memory at the end, whatever happens. */
  private static final class Gzip extends GZIPOutputStream {
    Gzip(OutputStream out) throws IOException {
      super(out, 8 << 10);
      def.setLevel(GZIP_LEVEL);
    }
  }

  /** The body of a streamed answer; the head goes out when the first buffer is full. */
  private final class Body extends OutputStream {
    private final HttpAnswer.Streamed answer;
    private final WorkQueue.Permit permit;
    private final byte[] buffer = new byte[BUFFER];
    private int size;
    private @Nullable OutputStream encoder;
    private @Nullable ChannelFuture last;

    Body(HttpAnswer.Streamed answer, WorkQueue.Permit permit) {
      this.answer = answer;
      this.permit = permit;
    }

    @Override
    public void write(int b) throws IOException {
      if (size == BUFFER) {
        spill();
      }
      buffer[size++] = (byte) b;
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        if (size == BUFFER) {
          spill();
        }
        int part = Math.min(length - done, BUFFER - size);
        System.arraycopy(from, offset + done, buffer, size, part);
        size += part;
        done += part;
      }
    }

    private void spill() throws IOException {
      if (encoder == null) {
        encoder = commit();
      }
      bytes += size;
      encoder.write(buffer, 0, size);
      size = 0;
    }

    private OutputStream commit() throws IOException {
      boolean gzip = gzipAccepted && compressible(answer.headers());
      if (head.http10()) {
        keepAlive = false;
      }
      status = answer.status();
      StringBuilder text = start(status, answer.headers(), gzip);
      if (!head.http10()) {
        text.append("transfer-encoding: chunked\r\n");
      }
      committed = true;
      last = channel.write(ascii(text.append("\r\n")));
      OutputStream chunks = new Chunks();
      return gzip ? new Gzip(chunks) : chunks;
    }

    ChannelFuture finish() throws IOException {
      if (encoder == null) {
        byte[] whole = Arrays.copyOf(buffer, size);
        return writeWhole(answer.status(), answer.headers(), whole, permit);
      }
      spill();
      encoder.close();
      return last == null ? channel.newSucceededFuture() : last;
    }

    /** Frames what it gets as chunks; closing writes the last one. */
    private final class Chunks extends OutputStream {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] from, int offset, int length) throws IOException {
        if (length == 0) {
          return;
        }
        gate.await(permit);
        ByteBuf chunk = channel.alloc().buffer(length + 16);
        if (!head.http10()) {
          chunk.writeCharSequence(Integer.toHexString(length) + "\r\n", StandardCharsets.US_ASCII);
        }
        chunk.writeBytes(from, offset, length);
        if (!head.http10()) {
          chunk.writeShort('\r' << 8 | '\n');
        }
        last = channel.writeAndFlush(chunk);
      }

      @Override
      public void close() {
        ByteBuf end = head.http10() ? Unpooled.EMPTY_BUFFER : ascii("0\r\n\r\n");
        last = channel.writeAndFlush(end);
      }
    }
  }
}
