package io.trilith.server;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Starts a server, asks it a few things and ends: the training run of the AOT cache, when the
 * distribution is made.
 */
@Command(name = "train", hidden = true)
final class TrainCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();

  @Override
  public Integer call() throws Exception {
    options.anyPort();
    try (TrilithServer server = new TrilithServer(options.read(), InstantSource.system());
        HttpClient client = HttpClient.newHttpClient()) {
      for (String path : new String[] {"/ready", "/metrics", "/api/v1/query?query=1%2B1"}) {
        URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + path);
        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
      }
    }
    return 0;
  }
}
