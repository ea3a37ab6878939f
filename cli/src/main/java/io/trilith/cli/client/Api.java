package io.trilith.cli.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server over HTTP, as Grafana does, and reads JSON answers as maps and lists. Thread-safe.
 */
public final class Api implements AutoCloseable {
  private static final JsonFactory JSON = new JsonFactory();

  private final HttpClient client;
  private final String base;
  private final String tenant;
  private final String authorization;
  private final Set<String> warnings = new ConcurrentSkipListSet<>();

  /** A server at a URL such as {@code http://127.0.0.1:3200}; an empty tenant is not sent. */
  public Api(String base, String tenant) {
    this(base, tenant, new CredentialOptions());
  }

  /** As above, with a credential. */
  public Api(String base, String tenant, CredentialOptions credential) {
    this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    this.tenant = tenant;
    String token = credential.token();
    authorization = token.isEmpty() ? "" : "Bearer " + token;
    SSLContext trust = credential.trust();
    HttpClient.Builder builder = HttpClient.newBuilder();
    client = (trust == null ? builder : builder.sslContext(trust)).build();
  }

  /** A server of this machine without tenants. */
  public static Api local(int port) {
    return new Api("http://127.0.0.1:" + port, "");
  }

  /**
   * GET with parameters in pairs. Throws {@link ApiException} with the server's words when it is no
   * 200.
   */
  public Node get(String path, String... parameters) {
    return json(path, request(path + (parameters.length == 0 ? "" : "?" + form(parameters))));
  }

  /** As {@link #get}, but the answer as it came. */
  public String getText(String path, String... parameters) {
    String query = parameters.length == 0 ? "" : "?" + form(parameters);
    return new String(body(request(path + query)), StandardCharsets.UTF_8);
  }

  /** DELETE with parameters in pairs. Errors are those of get. */
  public Node delete(String path, String... parameters) {
    String query = parameters.length == 0 ? "" : "?" + form(parameters);
    return json(path, request(path + query).DELETE());
  }

  /** Reads JSON that came as text. */
  public static Node parse(String json) {
    try {
      return node(json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new ApiException("that is no JSON: " + e.getMessage(), e);
    }
  }

  /** POST of a form with parameters in pairs, which may be long. Errors are those of get. */
  public Node ask(String path, String... parameters) {
    return json(path, post(path, parameters));
  }

  /** As {@link #ask}, but the answer as it came. */
  public String askText(String path, String... parameters) {
    return new String(body(post(path, parameters)), StandardCharsets.UTF_8);
  }

  /**
   * Hands over the JSON messages of a WebSocket until the server closes it or the thread is
   * interrupted. Throws {@link ApiException} with the server's words when it refuses.
   */
  public void follow(String path, Consumer<Node> messages, String... parameters) {
    URI uri = request(path + "?" + form(parameters)).build().uri();
    String scheme = "https".equals(uri.getScheme()) ? "wss" : "ws";
    WebSocket.Builder builder = client.newWebSocketBuilder();
    if (!tenant.isEmpty()) {
      builder.header("x-scope-orgid", tenant);
    }
    if (!authorization.isEmpty()) {
      builder.header("authorization", authorization);
    }
    Follow follow = new Follow(messages);
    try {
      WebSocket socket =
          builder
              .buildAsync(
                  URI.create(scheme + uri.toString().substring(uri.getScheme().length())), follow)
              .get();
      try {
        String reason = follow.ended.get();
        if (!reason.isEmpty()) {
          throw new ApiException(reason);
        }
      } finally {
        socket.abort();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      String reason =
          e.getCause() instanceof WebSocketHandshakeException refused
              ? "status " + refused.getResponse().statusCode()
              : String.valueOf(e.getCause());
      throw new ApiException("cannot follow " + base + path + ": " + reason, e);
    }
  }

  /** Puts the parts of messages together. */
  private static final class Follow implements WebSocket.Listener {
    private final Consumer<Node> messages;
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();

    Follow(Consumer<Node> messages) {
      this.messages = messages;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          messages.accept(node(text.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (IOException | RuntimeException e) {
          ended.completeExceptionally(e);
        }
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      ended.complete(status == WebSocket.NORMAL_CLOSURE ? "" : reason + " (" + status + ")");
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      ended.completeExceptionally(error);
    }
  }

  private HttpRequest.Builder post(String path, String... parameters) {
    return request(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(form(parameters)));
  }

  private static String form(String... parameters) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      form.append(i == 0 ? "" : "&").append(parameters[i]).append('=');
      form.append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    return form.toString();
  }

  private HttpRequest.Builder request(String path) {
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(base + path)).header("accept", "application/json");
      if (!authorization.isEmpty()) {
        request.header("authorization", authorization);
      }
      return tenant.isEmpty() ? request : request.header("x-scope-orgid", tenant);
    } catch (IllegalArgumentException e) {
      throw new ApiException("'" + base + "' is no URL of a server: " + e.getMessage(), e);
    }
  }

  private Node json(String path, HttpRequest.Builder request) {
    try {
      return node(body(request));
    } catch (IOException e) {
      throw new ApiException(base + path + " did not answer JSON: " + e.getMessage(), e);
    }
  }

  private static Node node(byte[] json) throws IOException {
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      return new Node(read(parser));
    }
  }

  /** The body of an answer that is no error. */
  private byte[] body(HttpRequest.Builder request) {
    HttpResponse<byte[]> answer = send(request.build());
    noteWarnings(answer);
    if (answer.statusCode() / 100 == 2) {
      return answer.body();
    }
    String words = new String(answer.body(), StandardCharsets.UTF_8).strip();
    String error;
    try {
      error = node(answer.body()).at("error").text();
    } catch (IOException e) {
      error = "";
    }
    throw new ApiException(
        error.isEmpty() ? "status " + answer.statusCode() + ": " + words : error);
  }

  /** What answers until now lacked, in the server's words. */
  public Set<String> warnings() {
    return Collections.unmodifiableSet(warnings);
  }

  private void noteWarnings(HttpResponse<byte[]> answer) {
    List<String> said = new ArrayList<>();
    if (answer.headers().firstValue("content-type").orElse("").contains("json")) {
      try (JsonParser parser = JSON.createParser(answer.body())) {
        topWarnings(parser, said);
      } catch (IOException e) {
        // Whoever reads the answer says so.
        said.clear();
      }
    }
    if (said.isEmpty()) {
      said.addAll(answer.headers().allValues("x-trilith-warning"));
    }
    warnings.addAll(said);
  }

  /**
   * Of Prometheus's and Loki's answers the texts, of Tempo's the one that says why it is partial.
   */
  private static void topWarnings(JsonParser parser, List<String> into) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return;
    }
    String status = "";
    String message = "";
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "warnings" -> {
          Object all = read(parser);
          if (all instanceof List<?> list) {
            list.forEach(one -> into.add(String.valueOf(one)));
          }
        }
        case "status" -> {
          status = value.isScalarValue() ? parser.getText() : "";
          parser.skipChildren();
        }
        case "message" -> {
          message = value.isScalarValue() ? parser.getText() : "";
          parser.skipChildren();
        }
        default -> parser.skipChildren();
      }
    }
    if (status.equalsIgnoreCase("partial")) {
      into.add(message.isEmpty() ? "the answer is partial" : message);
    }
  }

  /** POST of a body; any 2xx is fine. Returns the answer's body. */
  public String post(String path, String contentType, String encoding, byte[] body) {
    HttpRequest.Builder request =
        request(path)
            .header("content-type", contentType)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!encoding.isEmpty()) {
      request.header("content-encoding", encoding);
    }
    HttpResponse<byte[]> answer = send(request.build());
    if (answer.statusCode() / 100 != 2) {
      throw new ApiException(
          path
              + ": "
              + answer.statusCode()
              + " "
              + new String(answer.body(), StandardCharsets.UTF_8));
    }
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private HttpResponse<byte[]> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new ApiException("cannot reach a server at " + base + ": " + reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiException("interrupted", e);
    }
  }

  /** The client's own exceptions often have no words. */
  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
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
  public record Node(@Nullable Object value) {
    public Node at(String key) {
      return value instanceof Map<?, ?> map ? new Node(map.get(key)) : new Node(null);
    }

    public Node at(int index) {
      return value instanceof List<?> list && index < list.size()
          ? new Node(list.get(index))
          : new Node(null);
    }

    public List<Node> list() {
      List<Node> nodes = new ArrayList<>();
      if (value instanceof List<?> list) {
        list.forEach(item -> nodes.add(new Node(item)));
      }
      return nodes;
    }

    public Map<String, String> texts() {
      Map<String, String> texts = new LinkedHashMap<>();
      if (value instanceof Map<?, ?> map) {
        map.forEach((key, item) -> texts.put(String.valueOf(key), String.valueOf(item)));
      }
      return texts;
    }

    public String text() {
      return value == null ? "" : value.toString();
    }

    public double number() {
      String text = text();
      return text.isEmpty() ? Double.NaN : Double.parseDouble(text.replace("Inf", "Infinity"));
    }

    public long integer() {
      String text = text();
      return text.isEmpty() ? 0 : Long.parseLong(text);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
