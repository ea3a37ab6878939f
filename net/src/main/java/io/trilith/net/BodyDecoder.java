package io.trilith.net;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.trilith.config.ByteSize;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * Undoes a Content-Encoding in pieces, with a hard cap on what comes out: memory stays flat
 * whatever a bomb says. Thread-safe.
 */
public final class BodyDecoder {
  private static final int PIECE = 64 << 10;

  /** RFC 8878 asks decoders for 8 MiB; larger windows are a way to take memory. */
  private static final int ZSTD_WINDOW_LOG_MAX = 23;

  /** No deflate or zstd that we take for honest makes more of its bytes when it says how many. */
  private static final long HINTED_RATIO_MAX = 1100;

  private final long decodedMax;

  /** The encodings a body may have. */
  enum Encoding {
    IDENTITY,
    GZIP,
    DEFLATE,
    SNAPPY,
    ZSTD
  }

  public BodyDecoder(ByteSize decodedMax) {
    this.decodedMax = decodedMax.bytes();
  }

  static HttpStatusException tooLarge(long bytesMax) {
    return new HttpStatusException(
        413, "the request body is larger than the limit server.body-max of " + bytesMax + " bytes");
  }

  /** The encoding of a Content-Encoding header; 415 when it is not known. */
  static Encoding encoding(String header) {
    return switch (header.strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> Encoding.IDENTITY;
      case "gzip", "x-gzip" -> Encoding.GZIP;
      case "deflate" -> Encoding.DEFLATE;
      case "snappy" -> Encoding.SNAPPY;
      case "zstd" -> Encoding.ZSTD;
      default ->
          throw new HttpStatusException(
              415, "unsupported Content-Encoding; one of identity, gzip, deflate, snappy, zstd");
    };
  }

  /** Throws a 413 when a decoded body of this length is too large. */
  void checkDecoded(long length) {
    if (length > decodedMax) {
      throw tooLarge(decodedMax);
    }
  }

  /**
   * Drains the body and decodes it. The booking, which is the body's, then holds what came out and
   * nothing of what went in.
   */
  byte[] decode(Encoding encoding, BodyBuffer body, Booking memory) {
    if (encoding == Encoding.IDENTITY) {
      return body.drain();
    }
    if (encoding == Encoding.SNAPPY) {
      long encoded = body.size();
      byte[] block = body.drain();
      int length = new Snappy(decodedMax).length(block);
      memory.take(length);
      byte[] content = new byte[length];
      new Snappy(decodedMax).decode(block, content);
      memory.give(encoded);
      return content;
    }
    if (body.size() == 0) {
      throw new InvalidRequestException("the body is empty, which no " + name(encoding) + " is");
    }
    try {
      return inflate(encoding, body, memory);
    } finally {
      body.drop();
    }
  }

  private byte[] inflate(Encoding encoding, BodyBuffer body, Booking memory) {
    BodyBuffer decoded = new BodyBuffer(decodedMax, hint(encoding, body), memory);
    byte[] piece = new byte[PIECE];
    try (InputStream in = open(encoding, body.drainingStream())) {
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        decoded.append(piece, n);
      }
    } catch (IOException e) {
      throw new InvalidRequestException(
          "the body is not valid " + name(encoding) + ": " + reason(e), e);
    }
    return decoded.drain();
  }

  /** How long the content is, as its encoding says without having to be right; -1 unknown. */
  private static long hint(Encoding encoding, BodyBuffer body) {
    long hint =
        switch (encoding) {
          case GZIP -> body.lastInt();
          case ZSTD -> {
            byte[] first = body.beginning();
            yield Zstd.getFrameContentSize(first, 0, first.length);
          }
          case IDENTITY, SNAPPY, DEFLATE -> -1;
        };
    return hint > 0 && hint / HINTED_RATIO_MAX <= body.size() ? hint : -1;
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? "it is cut short" : message;
  }

  private static String name(Encoding encoding) {
    return encoding.name().toLowerCase(Locale.ROOT);
  }

  private static InputStream open(Encoding encoding, InputStream in) throws IOException {
    return switch (encoding) {
      case IDENTITY, SNAPPY -> in;
      case GZIP -> new GZIPInputStream(in, PIECE);
      case DEFLATE -> openDeflate(in);
      case ZSTD -> new ZstdInputStreamNoFinalizer(in).setLongMax(ZSTD_WINDOW_LOG_MAX);
    };
  }

  /** "deflate" means zlib, but many senders leave its header out. */
  private static InputStream openDeflate(InputStream in) throws IOException {
    PushbackInputStream again = new PushbackInputStream(in, 2);
    byte[] head = again.readNBytes(2);
    again.unread(head);
    boolean zlib =
        head.length == 2
            && (head[0] & 0x0f) == 8
            && (((head[0] & 0xff) << 8) | (head[1] & 0xff)) % 31 == 0;
    Inflater inflater = new Inflater(!zlib);
    return new InflaterInputStream(again, inflater, PIECE) {
      @Override
      public void close() throws IOException {
        super.close();
        inflater.end();
      }
    };
  }
}
