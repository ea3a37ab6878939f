package io.trilith.server;

import io.trilith.config.TrilithConfig;
import io.trilith.net.GrpcHandler;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.net.identity.Access;
import io.trilith.server.client.Api;
import io.trilith.server.client.ApiException;
import io.trilith.server.client.Calls;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The requests that remove data, answered in this process by the handlers of a server, over a
 * bucket that none serves.
 */
final class LocalCalls implements Calls {
  private final Storage storage;
  private final TenantId tenant;
  private final Handlers handlers = new Handlers();

  /** On the bucket of a configuration. */
  LocalCalls(TrilithConfig config, TenantId tenant, InstantSource clock) {
    this.tenant = tenant;
    this.storage = Storage.offline(config, clock, System::nanoTime);
    new RemovalApi(storage.deletions(), storage.retention(), storage.catalog(), storage.time())
        .register(handlers);
  }

  @Override
  public String getText(String path, String... parameters) {
    return ask("GET", path, parameters);
  }

  @Override
  public String askText(String path, String... parameters) {
    return ask("POST", path, parameters);
  }

  @Override
  public Api.Node delete(String path, String... parameters) {
    return Api.parse(ask("DELETE", path, parameters));
  }

  @Override
  public void close() {
    storage.close();
  }

  private String ask(String method, String path, String... parameters) {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (int i = 0; i < parameters.length; i += 2) {
      byName.computeIfAbsent(parameters[i], _ -> new ArrayList<>()).add(parameters[i + 1]);
    }
    String last = path.substring(path.lastIndexOf('/') + 1);
    String pattern = path.substring(0, path.length() - last.length()) + "{id}";
    HttpHandler literal = handlers.byRoute.get(method + " " + path);
    HttpHandler handler = literal == null ? handlers.byRoute.get(method + " " + pattern) : literal;
    if (handler == null) {
      throw new ApiException(method + " " + path + " is answered by servers only");
    }
    HttpAnswer answer;
    try {
      answer = handler.handle(new Local(method, path, tenant, last, byName));
    } catch (StorageException | LimitExceededException e) {
      throw new ApiException(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new ApiException(method + " " + path + ": " + e.getMessage(), e);
    }
    String text =
        answer instanceof HttpAnswer.Whole whole
            ? new String(whole.body(), StandardCharsets.UTF_8)
            : "";
    if (answer.status() != 200) {
      throw new ApiException(Api.parse(text).at("error").text());
    }
    return text;
  }

  /** A request that came by no network. */
  private record Local(
      String method,
      String path,
      TenantId tenant,
      String last,
      Map<String, List<String>> parameters)
      implements HttpRequest {
    @Override
    public String pathVariable(String name) {
      return last;
    }

    @Override
    public Optional<String> header(String name) {
      return Optional.empty();
    }

    @Override
    public List<String> parameters(String name) {
      return parameters.getOrDefault(name, List.of());
    }

    @Override
    public byte[] body() {
      return new byte[0];
    }

    @Override
    public String contentType() {
      return "";
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }

  /** By method and pattern. */
  private static final class Handlers implements Routes, ScopedRoutes {
    private final Map<String, HttpHandler> byRoute = new LinkedHashMap<>();

    @Override
    public ScopedRoutes allowing(Access access) {
      return this;
    }

    private ScopedRoutes add(String method, String pattern, HttpHandler handler) {
      byRoute.put(method + " " + pattern, handler);
      return this;
    }

    @Override
    public ScopedRoutes get(String pattern, HttpHandler handler) {
      return add("GET", pattern, handler);
    }

    @Override
    public ScopedRoutes post(String pattern, HttpHandler handler) {
      return add("POST", pattern, handler);
    }

    @Override
    public ScopedRoutes read(String pattern, HttpHandler handler) {
      return get(pattern, handler).post(pattern, handler);
    }

    @Override
    public ScopedRoutes put(String pattern, HttpHandler handler) {
      return add("PUT", pattern, handler);
    }

    @Override
    public ScopedRoutes delete(String pattern, HttpHandler handler) {
      return add("DELETE", pattern, handler);
    }

    @Override
    public ScopedRoutes writes() {
      return this;
    }

    @Override
    public ScopedRoutes blocks() {
      return this;
    }

    @Override
    public ScopedRoutes unary(String method, GrpcHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes serverStream(String method, GrpcStreamHandler handler) {
      return this;
    }

    @Override
    public ScopedRoutes open() {
      return this;
    }
  }
}
