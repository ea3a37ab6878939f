package io.trilith.net;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request, checked: framing is unambiguous.
 *
 * @param target the raw path, with its escapes
 * @param query the raw query without the question mark, empty when there is none
 * @param contentLength declared length, -1 when there is none
 * @param keepAlive whether the client wants to go on after the answer
 */
record RequestHead(
    String method,
    String target,
    String query,
    boolean http10,
    List<Header> headers,
    long contentLength,
    boolean chunked,
    boolean keepAlive,
    boolean expectsContinue) {

  /** A header field, its name in lower case. */
  record Header(String name, String value) {}

  boolean hasBody() {
    return chunked || contentLength > 0;
  }

  @Nullable String header(String lowerCaseName) {
    for (Header header : headers) {
      if (header.name().equals(lowerCaseName)) {
        return header.value();
      }
    }
    return null;
  }

  /** Values of all fields of a name, in their order. */
  List<String> headers(String lowerCaseName) {
    return headers.stream()
        .filter(header -> header.name().equals(lowerCaseName))
        .map(Header::value)
        .toList();
  }

  int count(String lowerCaseName) {
    int count = 0;
    for (Header header : headers) {
      if (header.name().equals(lowerCaseName)) {
        count++;
      }
    }
    return count;
  }
}
