package io.trilith.testing.s3;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and an HTTP server on the loopback and spoils a share of the exchanges,
 * chosen by a seed: errors, resets before and after the server did what was asked, lost and cut
 * answers, delays, silence. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
  private static final long LONGEST_DELAY_MILLIS = 400;

  private final int serverPort;
  private final ServerSocket listener;
  private final SplittableRandom random;
  private final Map<Fault, LongAdder> counts = new EnumMap<>(Fault.class);
  private final LongAdder exchanges = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile double rate;
  private volatile boolean down;
  private volatile Set<Fault> faults = EnumSet.complementOf(EnumSet.of(Fault.STALL));
  private volatile @Nullable Once once;

  /** What can go wrong. */
  public enum Fault {
    /** The server never sees the request. */
    ERROR_500,
    ERROR_503,
    RESET_BEFORE,
    /** The server has done it; the connection breaks, or an error is all that comes back. */
    RESET_AFTER,
    LOST_ANSWER,
    /** The head of the answer announces more than comes. */
    TRUNCATED,
    DELAY,
    /** Nothing comes back and the connection stays open. */
    STALL
  }

  /** One request that is looked for, and what becomes of it. */
  private record Once(Predicate<String> requestLine, Fault fault) {}

  /** Listens on a free port, with rate 0. */
  public FaultProxy(int serverPort, long seed) throws IOException {
    this(serverPort, 0, seed);
  }

  FaultProxy(int serverPort, int port, long seed) throws IOException {
    this.serverPort = serverPort;
    this.random = new SplittableRandom(seed);
    for (Fault fault : Fault.values()) {
      counts.put(fault, new LongAdder());
    }
    this.listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
    Thread.ofVirtual().name("fault-proxy").start(this::accept);
  }

  public String endpoint() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** The share of exchanges that are spoilt, 0 to 1. */
  public void rate(double share) {
    rate = share;
  }

  /** Which faults are chosen from; all but STALL at first. */
  public void faults(Set<Fault> those) {
    faults = EnumSet.copyOf(those);
  }

  /** While down, connections are refused as soon as they are made, and those there are cut. */
  public void down(boolean isDown) {
    down = isDown;
    if (isDown) {
      open.forEach(FaultProxy::reset);
    }
  }

  /** Spoils the next request whose line (method, path, version) fits. */
  public void once(Predicate<String> requestLine, Fault fault) {
    once = new Once(requestLine, fault);
  }

  /** Whether what {@link #once} waited for has come. */
  public boolean isDone() {
    return once == null;
  }

  public long exchanges() {
    return exchanges.sum();
  }

  /** Exchanges and faults so far. */
  public String summary() {
    return "exchanges=" + exchanges.sum() + " faults=" + counts;
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    open.forEach(FaultProxy::reset);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        if (down) {
          reset(client);
        } else {
          open.add(client);
          Thread.ofVirtual().start(() -> serve(client));
        }
      } catch (IOException e) {
        // Closed, or a client that went away.
        refused.increment();
      }
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is gone, which is what was wanted.
      return;
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      open.add(server);
      try {
        InputStream fromClient = new BufferedInputStream(client.getInputStream());
        InputStream fromServer = new BufferedInputStream(server.getInputStream());
        boolean more = true;
        while (more) {
          more = exchange(fromClient, client, fromServer, server);
        }
      } finally {
        open.remove(server);
      }
    } catch (IOException e) {
      // One of the two went away; the other learns it by the close.
      return;
    } finally {
      open.remove(client);
    }
  }

  private synchronized @Nullable Fault choose(String requestLine) {
    Once wanted = once;
    Fault fault = null;
    if (wanted != null && wanted.requestLine.test(requestLine)) {
      once = null;
      fault = wanted.fault;
    } else if (random.nextDouble() < rate) {
      Fault[] all = faults.toArray(Fault[]::new);
      fault = all[random.nextInt(all.length)];
    }
    LongAdder count = fault == null ? exchanges : counts.get(fault);
    if (count != null) {
      count.increment();
    }
    return fault;
  }

  private synchronized long delayMillis() {
    return random.nextLong(LONGEST_DELAY_MILLIS);
  }

  /** One request and its answer; false when the connection is to end. */
  private boolean exchange(
      InputStream fromClient, Socket client, InputStream fromServer, Socket server)
      throws IOException {
    Message request = Message.read(fromClient, client.getOutputStream(), false);
    if (request == null) {
      return false;
    }
    Fault fault = choose(request.firstLine());
    OutputStream toClient = client.getOutputStream();
    if (fault == Fault.ERROR_500 || fault == Fault.ERROR_503) {
      toClient.write(error(fault));
      toClient.flush();
      return true;
    }
    if (fault == Fault.RESET_BEFORE) {
      reset(client);
      return false;
    }
    if (fault == Fault.STALL) {
      // Until the client gives up.
      fromClient.transferTo(OutputStream.nullOutputStream());
      return false;
    }
    if (fault == Fault.DELAY) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMillis()));
    }
    server.getOutputStream().write(request.bytes());
    server.getOutputStream().flush();
    Message answer = Message.read(fromServer, null, request.firstLine().startsWith("HEAD "));
    if (answer == null) {
      return false;
    }
    if (fault == Fault.RESET_AFTER) {
      reset(client);
      return false;
    }
    if (fault == Fault.LOST_ANSWER) {
      toClient.write(error(Fault.ERROR_500));
      toClient.flush();
      return true;
    }
    byte[] bytes = answer.bytes();
    if (fault == Fault.TRUNCATED) {
      toClient.write(bytes, 0, answer.headLength() + answer.bodyLength() / 2);
      toClient.flush();
      return false;
    }
    toClient.write(bytes);
    toClient.flush();
    return !answer.closes();
  }

  private static byte[] error(Fault fault) {
    boolean slow = fault == Fault.ERROR_503;
    String body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>"
            + (slow ? "SlowDown" : "InternalError")
            + "</Code><Message>made by the fault proxy</Message></Error>";
    String head =
        "HTTP/1.1 "
            + (slow ? "503 Slow Down" : "500 Internal Server Error")
            + "\r\nContent-Type: application/xml\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    return (head + body).getBytes(StandardCharsets.US_ASCII);
  }

  /** A request or an answer as it came, head and body. */
  private static final class Message {
    private final String firstLine;
    private final byte[] bytes;
    private final int headLength;
    private final boolean closes;

    private Message(String firstLine, byte[] bytes, int headLength, boolean closes) {
      this.firstLine = firstLine;
      this.bytes = bytes;
      this.headLength = headLength;
      this.closes = closes;
    }

    String firstLine() {
      return firstLine;
    }

    byte[] bytes() {
      return bytes;
    }

    int headLength() {
      return headLength;
    }

    boolean closes() {
      return closes;
    }

    int bodyLength() {
      return bytes.length - headLength;
    }

    /** Null at the end of the stream. Says "go on" to who waits for that before the body. */
    static @Nullable Message read(InputStream in, @Nullable OutputStream back, boolean headOnly)
        throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      String first = line(in, all);
      if (first == null) {
        return null;
      }
      long length = -1;
      boolean chunked = false;
      boolean closes = false;
      String line = line(in, all);
      while (line != null && !line.isEmpty()) {
        String header = line.toLowerCase(Locale.ROOT);
        if (header.startsWith("content-length:")) {
          length = Long.parseLong(header.substring(15).strip());
        } else if (header.startsWith("transfer-encoding:") && header.contains("chunked")) {
          chunked = true;
        } else if (header.startsWith("connection:") && header.contains("close")) {
          closes = true;
        } else if (header.startsWith("expect:") && back != null) {
          back.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
          back.flush();
        }
        line = line(in, all);
      }
      int head = all.size();
      boolean isAnswer = first.startsWith("HTTP/");
      if (isAnswer && first.startsWith("HTTP/1.1 100")) {
        return read(in, back, headOnly);
      }
      boolean empty = headOnly || first.startsWith("HTTP/1.1 204") || first.contains(" 304 ");
      if (!empty) {
        if (chunked) {
          copyChunks(in, all);
        } else if (length > 0) {
          copy(in, all, length);
        } else if (length < 0 && isAnswer) {
          in.transferTo(all);
          closes = true;
        }
      }
      return new Message(first, all.toByteArray(), head, closes);
    }

    private static void copyChunks(InputStream in, ByteArrayOutputStream all) throws IOException {
      while (true) {
        String size = line(in, all);
        if (size == null) {
          return;
        }
        long count = Long.parseLong(size.split(";", 2)[0].strip(), 16);
        if (count > 0) {
          copy(in, all, count);
        }
        String end = line(in, all);
        if (count == 0) {
          while (end != null && !end.isEmpty()) {
            end = line(in, all);
          }
          return;
        }
      }
    }

    private static void copy(InputStream in, ByteArrayOutputStream all, long count)
        throws IOException {
      byte[] bytes = in.readNBytes(Math.toIntExact(count));
      if (bytes.length < count) {
        throw new IOException("the body ends early");
      }
      all.write(bytes);
    }

    /** A line without its end; null at the end of the stream. */
    private static @Nullable String line(InputStream in, ByteArrayOutputStream all)
        throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = in.read(); c >= 0; c = in.read()) {
        all.write(c);
        if (c == '\n') {
          return line.toString();
        }
        if (c != '\r') {
          line.append((char) c);
        }
      }
      return null;
    }
  }
}
