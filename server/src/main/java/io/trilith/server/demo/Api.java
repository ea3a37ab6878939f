package io.trilith.server.demo;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks the server over HTTP, as Grafana does, and reads JSON answers as maps and lists. */
final class Api implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final HttpClient client = HttpClient.newHttpClient();
  private final String base;

  Api(int port) {
    this.base = "http://127.0.0.1:" + port;
  }

  /**
   * GET with parameters in pairs. Throws IllegalStateException with the server's words when it is
   * no 200.
   */
  Node get(String path, String... parameters) {
    StringBuilder url = new StringBuilder(base).append(path);
    for (int i = 0; i < parameters.length; i += 2) {
      url.append(i == 0 ? '?' : '&').append(parameters[i]).append('=');
      url.append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url.toString()))
            .header("accept", "application/json")
            .build();
    HttpResponse<byte[]> answer = send(request);
    if (answer.statusCode() != 200) {
      throw new IllegalStateException(
          "status "
              + answer.statusCode()
              + ": "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
    try (JsonParser parser = JSON.createParser(answer.body())) {
      parser.nextToken();
      return new Node(read(parser));
    } catch (IOException e) {
      throw new IllegalStateException(path + " did not answer JSON: " + e.getMessage(), e);
    }
  }

  /** POST of a body; any 2xx is fine. */
  void post(String path, String contentType, String encoding, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("content-type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!encoding.isEmpty()) {
      request.header("content-encoding", encoding);
    }
    HttpResponse<byte[]> answer = send(request.build());
    if (answer.statusCode() / 100 != 2) {
      throw new IllegalStateException(
          path
              + ": "
              + answer.statusCode()
              + " "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
  }

  private HttpResponse<byte[]> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new IllegalStateException("cannot reach the server: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static @Nullable Object read(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          map.put(name, read(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(read(parser));
        }
        yield list;
      }
      case VALUE_NULL -> null;
      default -> parser.getText();
    };
  }

  /** A place in an answer. What is not there is an empty place. */
  record Node(@Nullable Object value) {
    Node at(String key) {
      return value instanceof Map<?, ?> map ? new Node(map.get(key)) : new Node(null);
    }

    Node at(int index) {
      return value instanceof List<?> list && index < list.size()
          ? new Node(list.get(index))
          : new Node(null);
    }

    List<Node> list() {
      List<Node> nodes = new ArrayList<>();
      if (value instanceof List<?> list) {
        list.forEach(item -> nodes.add(new Node(item)));
      }
      return nodes;
    }

    Map<String, String> texts() {
      Map<String, String> texts = new LinkedHashMap<>();
      if (value instanceof Map<?, ?> map) {
        map.forEach((key, item) -> texts.put(String.valueOf(key), String.valueOf(item)));
      }
      return texts;
    }

    String text() {
      return value == null ? "" : value.toString();
    }

    double number() {
      String text = text();
      return text.isEmpty() ? Double.NaN : Double.parseDouble(text.replace("Inf", "Infinity"));
    }

    long integer() {
      String text = text();
      return text.isEmpty() ? 0 : Long.parseLong(text);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
