package io.trilith.net;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** An HTTP client that sends what it is told, byte by byte. */
final class RawClient implements AutoCloseable {
  /** An answer; header names in lower case. */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Reply(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final Socket socket;
  private final InputStream in;

  RawClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    in = new BufferedInputStream(socket.getInputStream());
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  void send(byte... bytes) throws IOException {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (IOException e) {
      // the server may have refused and closed already; what it said is read later
      assert e.getMessage() != null;
    }
  }

  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /** Reads one answer; interim answers are skipped. */
  Reply read() throws IOException {
    Reply reply = readOne(false);
    while (reply.status() < 200) {
      reply = readOne(false);
    }
    return reply;
  }

  Reply readHead() throws IOException {
    return readOne(true);
  }

  private Reply readOne(boolean headOnly) throws IOException {
    String[] first = line().split(" ", 3);
    Map<String, String> headers = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int status = Integer.parseInt(first[1]);
    byte[] body = new byte[0];
    if (!headOnly && status >= 200) {
      if (headers.containsKey("transfer-encoding")) {
        body = chunks();
      } else if (headers.containsKey("content-length")) {
        body = in.readNBytes(Integer.parseInt(headers.get("content-length")));
      } else if (status != 204) {
        body = in.readAllBytes();
      }
    }
    return new Reply(status, headers, body);
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
      all.write(in.readNBytes(size));
      line();
    }
    line();
    return all.toByteArray();
  }

  private String line() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("closed after '" + text + "'");
      }
      if (c != '\r') {
        text.append((char) c);
      }
    }
    return text.toString();
  }

  /** Whether the server has closed: blocks until it does or says something. */
  boolean atEnd() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
