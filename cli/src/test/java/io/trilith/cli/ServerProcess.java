package io.trilith.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real server in a process of its own, so that it can be killed. */
final class ServerProcess implements AutoCloseable {
  private final Process process;
  private final int httpPort;
  private final HttpClient client = HttpClient.newHttpClient();

  /** Starts a server on free ports and returns when it says that it is ready. */
  ServerProcess(Path dataDirectory, String... more) throws IOException {
    this(Map.of(), dataDirectory, more);
  }

  /** As above, with more in its environment. */
  ServerProcess(Map<String, String> environment, Path dataDirectory, String... more)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("serve", "--data-dir", dataDirectory.toString()));
    command.addAll(List.of("--http-listen", "127.0.0.1:0", "--otlp-grpc-listen", "127.0.0.1:0"));
    command.addAll(List.of("--otlp-http-listen", "127.0.0.1:0"));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    process = builder.start();
    httpPort = awaitReady();
  }

  private int awaitReady() throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder seen = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      seen.append(line).append('\n');
      int at = line.indexOf(" http=");
      if (line.contains(" ready ") && at >= 0) {
        Thread.ofVirtual().start(() -> output.lines().forEach(rest -> {}));
        return Integer.parseInt(line.substring(at + 6, line.indexOf(' ', at + 6)));
      }
    }
    throw new IOException("the server ended before it was ready:\n" + seen);
  }

  int httpPort() {
    return httpPort;
  }

  String url(String path) {
    return "http://127.0.0.1:" + httpPort + path;
  }

  HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(url(path))).build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> post(String path, String contentType, byte[] body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(URI.create(url(path)))
            .header("content-type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM; returns the exit status. */
  int terminate() throws InterruptedException {
    process.destroy();
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    client.close();
  }
}
