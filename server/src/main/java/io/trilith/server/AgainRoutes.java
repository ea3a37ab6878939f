package io.trilith.server;

import io.trilith.net.GrpcHandler;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.Routes;
import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes of queries. One that meets an object which is gone, because another process replaced the
 * block and deleted it, follows the catalog and runs once more, unless it has begun to answer.
 */
final class AgainRoutes implements Routes {
  private static final Logger log = LoggerFactory.getLogger(AgainRoutes.class);

  private final Routes routes;
  private final Runnable refresh;

  /**
   * In front of others.
   *
   * @param refresh has readers see what there is now
   */
  AgainRoutes(Routes routes, Runnable refresh) {
    this.routes = routes;
    this.refresh = refresh;
  }

  private static StorageException.@Nullable Missing missing(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause != null && depth < 8; depth++) {
      if (cause instanceof StorageException.Missing missing) {
        return missing;
      }
      cause = cause.getCause();
    }
    return null;
  }

  /** Follows the catalog when that is why it failed; else throws it. */
  private void refreshAfter(Exception failure) throws Exception {
    StorageException.Missing missing = missing(failure);
    if (missing == null) {
      throw failure;
    }
    log.info("a query runs once more: {}", missing.getMessage());
    refresh.run();
  }

  private HttpHandler again(HttpHandler handler) {
    return request -> {
      HttpAnswer answer;
      try {
        answer = handler.handle(request);
      } catch (Exception e) {
        refreshAfter(e);
        return handler.handle(request);
      }
      if (answer instanceof HttpAnswer.Streamed streamed) {
        return again(streamed, () -> handler.handle(request));
      }
      return answer;
    };
  }

  /** The second answer to a request. */
  @FunctionalInterface
  private interface Second {
    HttpAnswer get() throws Exception;
  }

  private HttpAnswer again(HttpAnswer.Streamed first, Second second) {
    return new HttpAnswer.Streamed(
        first.status(),
        first.headers(),
        out -> {
          CountedOutput counted = new CountedOutput(out);
          try {
            first.body().writeTo(counted);
          } catch (RuntimeException e) {
            if (counted.written() > 0) {
              throw e;
            }
            try {
              refreshAfter(e);
              if (second.get() instanceof HttpAnswer.Streamed streamed
                  && streamed.status() == first.status()) {
                streamed.body().writeTo(out);
                return;
              }
            } catch (IOException | RuntimeException again) {
              throw again;
            } catch (Exception again) {
              e.addSuppressed(again);
            }
            throw e;
          }
        });
  }

  private GrpcHandler again(GrpcHandler handler) {
    return (tenant, message) -> {
      try {
        return handler.handle(tenant, message);
      } catch (Exception e) {
        refreshAfter(e);
        return handler.handle(tenant, message);
      }
    };
  }

  private GrpcStreamHandler again(GrpcStreamHandler handler) {
    return (tenant, message, out) -> {
      CountedEmitter counted = new CountedEmitter(out);
      try {
        handler.handle(tenant, message, counted);
      } catch (Exception e) {
        if (counted.emitted) {
          throw e;
        }
        refreshAfter(e);
        handler.handle(tenant, message, out);
      }
    };
  }

  /** Knows whether anything was sent. */
  private static final class CountedEmitter implements GrpcStreamHandler.Emitter {
    private final GrpcStreamHandler.Emitter out;
    private boolean emitted;

    CountedEmitter(GrpcStreamHandler.Emitter out) {
      this.out = Objects.requireNonNull(out);
    }

    @Override
    public void emit(byte[] message) throws IOException {
      emitted = true;
      out.emit(message);
    }

    @Override
    public boolean cancelled() {
      return out.cancelled();
    }
  }

  private AgainRoutes with(Routes view) {
    return new AgainRoutes(view, refresh);
  }

  @Override
  public Routes get(String pattern, HttpHandler handler) {
    routes.get(pattern, again(handler));
    return this;
  }

  @Override
  public Routes post(String pattern, HttpHandler handler) {
    routes.post(pattern, again(handler));
    return this;
  }

  @Override
  public Routes read(String pattern, HttpHandler handler) {
    routes.read(pattern, again(handler));
    return this;
  }

  @Override
  public Routes put(String pattern, HttpHandler handler) {
    routes.put(pattern, again(handler));
    return this;
  }

  @Override
  public Routes delete(String pattern, HttpHandler handler) {
    routes.delete(pattern, again(handler));
    return this;
  }

  @Override
  public Routes writes() {
    return with(routes.writes());
  }

  @Override
  public Routes blocks() {
    return with(routes.blocks());
  }

  @Override
  public Routes unary(String method, GrpcHandler handler) {
    routes.unary(method, again(handler));
    return this;
  }

  @Override
  public Routes serverStream(String method, GrpcStreamHandler handler) {
    routes.serverStream(method, again(handler));
    return this;
  }

  @Override
  public Routes open() {
    return with(routes.open());
  }
}
