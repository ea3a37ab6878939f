package io.trilith.net;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds and reads the head of an HTTP/1 request, stricter than RFC 9112 allows one to be: lines end
 * in CR LF, no folding, no space before a colon, one way only to tell the body's length. What two
 * parsers could read in two ways is refused. Confined to an event loop.
 */
final class RequestHeadParser {
  static final int LINE_MAX = 192 << 10;
  static final int HEADER_BYTES_MAX = 64 << 10;
  static final int HEADERS_MAX = 200;
  private static final int BLANK_LINES_MAX = 2;

  /** How far the head has been looked at, relative to the buffer's reader index. */
  private int scanned;

  private int lineStart;
  private int headersStart;
  private int lines;
  private int blanks;
  private boolean methodDone;

  /** The head when it is complete, its bytes consumed; null when more is needed. */
  @Nullable RequestHead parse(ByteBuf in) {
    int base = in.readerIndex();
    int available = in.readableBytes();
    while (scanned < available) {
      byte c = in.getByte(base + scanned);
      if (lines == 0) {
        checkFirstLine(c);
      }
      scanned++;
      if (c != '\n') {
        continue;
      }
      if (scanned < 2 || in.getByte(base + scanned - 2) != '\r') {
        throw bad("a line does not end in CR LF");
      }
      if (scanned - 2 > lineStart) {
        headersStart = lines == 0 ? scanned : headersStart;
        lines++;
        lineStart = scanned;
        limitLines();
      } else if (lines == 0) {
        skipBlank(in);
        base = in.readerIndex();
        available = in.readableBytes();
      } else {
        byte[] head = new byte[scanned];
        in.readBytes(head);
        reset();
        return read(head);
      }
    }
    if (lines == 0 && scanned > LINE_MAX) {
      throw new HttpStatusException(
          414, "the request line is longer than the limit of " + LINE_MAX + " bytes");
    }
    limitLines();
    return null;
  }

  private void reset() {
    scanned = 0;
    lineStart = 0;
    headersStart = 0;
    lines = 0;
    blanks = 0;
    methodDone = false;
  }

  /** Garbage and other protocols show in the first bytes; their senders wait for an answer. */
  private void checkFirstLine(byte c) {
    if (methodDone || c == '\r' || c == '\n') {
      return;
    }
    if (c == ' ' && scanned > 0) {
      methodDone = true;
    } else if (!isToken(c)) {
      throw bad("this is not HTTP");
    }
  }

  private void limitLines() {
    if (lines > 0 && scanned - headersStart > HEADER_BYTES_MAX) {
      throw new HttpStatusException(
          431, "the request's headers are larger than the limit of " + HEADER_BYTES_MAX + " bytes");
    }
    if (lines > HEADERS_MAX + 1) {
      throw new HttpStatusException(
          431, "the request has more headers than the limit of " + HEADERS_MAX);
    }
  }

  private void skipBlank(ByteBuf in) {
    if (++blanks > BLANK_LINES_MAX) {
      throw bad("empty lines before the request");
    }
    in.skipBytes(scanned);
    scanned = 0;
    lineStart = 0;
    methodDone = false;
  }

  private static RequestHead read(byte[] head) {
    String text = new String(head, StandardCharsets.ISO_8859_1);
    int end = text.indexOf("\r\n");
    String[] first = requestLine(text.substring(0, end));
    List<RequestHead.Header> headers = new ArrayList<>();
    int at = end + 2;
    for (end = text.indexOf("\r\n", at); end > at; end = text.indexOf("\r\n", at)) {
      headers.add(header(text, at, end));
      at = end + 2;
    }
    return assemble(first, headers);
  }

  private static String[] requestLine(String line) {
    int space = line.indexOf(' ');
    int last = line.lastIndexOf(' ');
    if (space <= 0 || last == space || line.indexOf(' ', space + 1) != last) {
      throw bad("the request line is not METHOD TARGET VERSION");
    }
    String version = line.substring(last + 1);
    if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
      throw new HttpStatusException(
          version.startsWith("HTTP/") ? 505 : 400, "the version is neither HTTP/1.1 nor HTTP/1.0");
    }
    String target = line.substring(space + 1, last);
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) <= ' ' || target.charAt(i) == 0x7f) {
        throw bad("the request target has a control character");
      }
    }
    return new String[] {line.substring(0, space), target, version};
  }

  private static RequestHead.Header header(String text, int from, int to) {
    int colon = from;
    while (colon < to && isToken((byte) text.charAt(colon))) {
      colon++;
    }
    if (colon == from || colon == to || text.charAt(colon) != ':') {
      throw bad("a header line has no proper name, or is folded");
    }
    int start = colon + 1;
    int end = to;
    while (start < end && isBlank(text.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(text.charAt(end - 1))) {
      end--;
    }
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw bad("a header value has a control character");
      }
    }
    return new RequestHead.Header(
        text.substring(from, colon).toLowerCase(Locale.ROOT), text.substring(start, end));
  }

  private static RequestHead assemble(String[] first, List<RequestHead.Header> headers) {
    boolean http10 = first[2].equals("HTTP/1.0");
    long length = -1;
    boolean chunked = false;
    boolean close = false;
    boolean keep = false;
    int hosts = 0;
    boolean expects = false;
    for (RequestHead.Header header : headers) {
      String value = header.value();
      switch (header.name()) {
        case "host" -> hosts++;
        case "content-length" -> {
          if (length >= 0) {
            throw bad("Content-Length is there twice");
          }
          length = contentLength(value);
        }
        case "transfer-encoding" -> {
          if (chunked || !value.equalsIgnoreCase("chunked")) {
            throw new HttpStatusException(501, "a Transfer-Encoding other than chunked");
          }
          chunked = true;
        }
        case "connection" -> {
          close |= lists(value, "close");
          keep |= lists(value, "keep-alive");
        }
        case "expect" -> expects = expectsContinue(value);
        default -> {}
      }
    }
    if (chunked && (length >= 0 || http10)) {
      throw bad("Transfer-Encoding together with Content-Length or HTTP/1.0");
    }
    if (hosts > 1 || (hosts == 0 && !http10)) {
      throw bad("there must be one Host header");
    }
    String target = originForm(first[1]);
    int question = target.indexOf('?');
    return new RequestHead(
        first[0],
        question < 0 ? target : target.substring(0, question),
        question < 0 ? "" : target.substring(question + 1),
        http10,
        headers,
        length,
        chunked,
        !close && (keep || !http10),
        expects);
  }

  private static boolean expectsContinue(String value) {
    if (!value.equalsIgnoreCase("100-continue")) {
      throw new HttpStatusException(417, "an expectation other than 100-continue");
    }
    return true;
  }

  private static long contentLength(String value) {
    if (value.isEmpty() || value.length() > 18) {
      throw bad("Content-Length is not a length");
    }
    long length = 0;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < '0' || c > '9') {
        throw bad("Content-Length is not a number");
      }
      length = length * 10 + (c - '0');
    }
    return length;
  }

  /** The path of an absolute target; everything else as it is. */
  private static String originForm(String target) {
    if (target.startsWith("/")) {
      return target;
    }
    int scheme = target.indexOf("://");
    if (scheme <= 0) {
      return target;
    }
    int slash = target.indexOf('/', scheme + 3);
    return slash < 0 ? "/" : target.substring(slash);
  }

  private static boolean lists(String value, String word) {
    for (String part : value.split(",", -1)) {
      if (part.strip().equalsIgnoreCase(word)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static boolean isToken(byte c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
  }

  private static HttpStatusException bad(String what) {
    return new HttpStatusException(400, "malformed HTTP request: " + what);
  }
}
