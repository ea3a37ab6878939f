package io.trilith.testing.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A real S3 server, s3proxy over a directory, as a child process on a free port of the loopback. It
 * checks signatures. One bucket is there. Thread-safe.
 */
public final class S3Server implements AutoCloseable {
  /** The bucket that is there. */
  public static final String BUCKET = "trilith-test";

  public static final String ACCESS_KEY = "test-access";
  public static final String SECRET_KEY = "test-secret";

  private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Path directory;
  private final int port;
  private Process process;

  private S3Server(Path directory, int port, Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  /** Starts a server whose buckets are directories below the given one; returns when it listens. */
  public static S3Server start(Path directory) throws IOException {
    return start(directory, freePort());
  }

  static S3Server start(Path directory, int port) throws IOException {
    Files.createDirectories(directory.resolve("buckets").resolve(BUCKET));
    S3Server server = new S3Server(directory, port, launch(directory, port));
    server.awaitPort();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static Process launch(Path directory, int port) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("s3proxy.endpoint", "http://127.0.0.1:" + port);
    properties.setProperty("s3proxy.authorization", "aws-v2-or-v4");
    properties.setProperty("s3proxy.identity", ACCESS_KEY);
    properties.setProperty("s3proxy.credential", SECRET_KEY);
    properties.setProperty("s3proxy.v4-max-non-chunked-request-size", "134217728");
    properties.setProperty("jclouds.provider", "filesystem-nio2");
    properties.setProperty("jclouds.identity", "identity");
    properties.setProperty("jclouds.credential", "credential");
    properties.setProperty(
        "jclouds.filesystem.basedir", directory.resolve("buckets").toAbsolutePath().toString());
    Path file = directory.resolve("s3proxy.properties");
    try (OutputStream out = Files.newOutputStream(file)) {
      properties.store(out, null);
    }
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx192m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            jars() + "/*",
            "org.gaul.s3proxy.Main",
            "--properties",
            file.toString())
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("s3proxy.log").toFile())
        .start();
  }

  /** Where the build of this module gathered them. */
  private static Path jars() throws IOException {
    Path jars = Path.of(System.getProperty("trilith.root", "."), "testing-s3", "target", "s3proxy");
    if (!Files.isDirectory(jars)) {
      throw new IOException(
          jars
              + " does not exist: run `mvn process-resources -pl testing-s3` and set trilith.root");
    }
    return jars.toAbsolutePath();
  }

  private void awaitPort() throws IOException {
    long deadline = System.nanoTime() + START_NANOS;
    while (!listens()) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new IOException(
            "s3proxy did not start:\n" + Files.readString(directory.resolve("s3proxy.log")));
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  /** Whether it answers HTTP. */
  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5000);
      socket
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream answer = socket.getInputStream();
      return answer.read() == 'H';
    } catch (IOException e) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  /** For {@code storage.s3.endpoint}. */
  public String endpoint() {
    return "http://127.0.0.1:" + port;
  }

  /** The bucket's objects as files. */
  public Path bucket() {
    return directory.resolve("buckets").resolve(BUCKET);
  }

  /** Settings of a server that uses the bucket, by another way to it when one is given. */
  public static List<String> settings(String endpoint) {
    return List.of(
        "--set", "storage.kind=s3",
        "--set", "storage.s3.bucket=" + BUCKET,
        "--set", "storage.s3.endpoint=" + endpoint,
        "--set", "storage.s3.path-style=true",
        "--set", "storage.s3.access-key=" + ACCESS_KEY,
        "--set", "storage.s3.secret-key=" + SECRET_KEY);
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /**
   * Runs server and fault proxy until killed: {@code S3Server DIR [SERVER_PORT PROXY_PORT RATE
   * SEED]}. Prints the settings.
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    int port = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
    S3Server server = port == 0 ? start(directory) : start(directory, port);
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    int proxyPort = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
    double rate = arguments.length > 3 ? Double.parseDouble(arguments[3]) : 0;
    long seed = arguments.length > 4 ? Long.parseLong(arguments[4]) : 1;
    FaultProxy proxy = new FaultProxy(server.port(), proxyPort, seed);
    proxy.rate(rate);
    System.out.println(String.join(" ", settings(proxy.endpoint())));
    System.out.println("ready server=" + server.endpoint() + " proxy=" + proxy.endpoint());
    while (true) {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(30));
      System.out.println(proxy.summary());
    }
  }
}
