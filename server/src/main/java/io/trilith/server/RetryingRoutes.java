package io.trilith.server;

import io.trilith.net.GrpcHandler;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpStatusException;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.net.identity.Access;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.BlockId;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Routes of queries. One that meets an object which is gone, because another process replaced the
 * block and deleted it, follows the catalog and runs once more, unless it has begun to answer. One
 * that meets a live block whose object is damaged or lost goes on without that block.
 */
final class RetryingRoutes implements Routes {
  private static final Logger log = LoggerFactory.getLogger(RetryingRoutes.class);

  /** The most blocks that one query finds damaged and goes on without. */
  private static final int ASIDE_MAX = 8;

  private final Routes routes;
  private final Runnable refresh;
  private final Predicate<StorageException> setAside;

  /**
   * In front of others.
   *
   * @param refresh has readers see what there is now
   * @param setAside has readers leave out the live block that a failure names; false when it names
   *     none
   */
  RetryingRoutes(Routes routes, Runnable refresh, Predicate<StorageException> setAside) {
    this.routes = routes;
    this.refresh = refresh;
    this.setAside = setAside;
  }

  /** That an object is gone or damaged, and which. */
  private record Cause(StorageException failure, String object) {
    static @Nullable Cause of(Throwable failure) {
      Throwable cause = failure;
      for (int depth = 0; cause != null && depth < 8; depth++) {
        if (cause instanceof StorageException.Missing missing) {
          return new Cause(missing, missing.name());
        }
        if (cause instanceof StorageException.Corrupt corrupt) {
          return new Cause(corrupt, corrupt.file());
        }
        cause = cause.getCause();
      }
      return null;
    }
  }

  /** Of one request. Confined to its thread. */
  private final class Attempts {
    private final Set<String> seen = new HashSet<>();
    private int again;

    /** Returns when the query is to run once more; else throws why not. */
    void after(Exception failure) throws Exception {
      Cause cause = Cause.of(failure);
      if (cause == null) {
        throw failure;
      }
      if (again == ASIDE_MAX) {
        throw refusal(failure, cause);
      }
      again++;
      if (cause.failure() instanceof StorageException.Missing) {
        refresh.run();
      }
      // What is not live any more, a view of now does not have.
      if (!setAside.test(cause.failure()) && !seen.add(cause.object())) {
        throw refusal(failure, cause);
      }
      log.info("a query runs once more: {}", cause.failure().getMessage());
    }

    private Exception refusal(Exception failure, Cause cause) {
      Optional<BlockId> block = BlockEntry.blockOf(cause.object());
      if (block.isEmpty()) {
        return failure;
      }
      log.error("a query failed", failure);
      return new HttpStatusException(
          500,
          "block "
              + block.get()
              + (cause.failure() instanceof StorageException.Missing ? " is lost" : " is damaged")
              + (again == ASIDE_MAX ? ", and " + ASIDE_MAX + " before it" : "")
              + "; trilith blocks verify says more");
    }
  }

  /** Runs something until it answers. */
  private static HttpAnswer answer(Attempts attempts, Callable<HttpAnswer> query) throws Exception {
    while (true) {
      try {
        return query.call();
      } catch (Exception e) {
        attempts.after(e);
      }
    }
  }

  private HttpHandler again(HttpHandler handler) {
    return request -> {
      Attempts attempts = new Attempts();
      Callable<HttpAnswer> query = () -> answer(attempts, () -> handler.handle(request));
      HttpAnswer answer = query.call();
      return answer instanceof HttpAnswer.Streamed streamed
          ? new HttpAnswer.Streamed(
              streamed.status(), streamed.headers(), out -> write(streamed, attempts, query, out))
          : answer;
    };
  }

  private static void write(
      HttpAnswer.Streamed first, Attempts attempts, Callable<HttpAnswer> query, OutputStream out)
      throws IOException {
    CountedOutput counted = new CountedOutput(out);
    HttpAnswer.Streamed answer = first;
    while (true) {
      try {
        answer.body().writeTo(counted);
        return;
      } catch (RuntimeException e) {
        if (counted.written() > 0) {
          throw e;
        }
        answer = next(e, first.status(), attempts, query);
      }
    }
  }

  /** The answer after one that failed. */
  private static HttpAnswer.Streamed next(
      RuntimeException failure, int status, Attempts attempts, Callable<HttpAnswer> query)
      throws IOException {
    try {
      attempts.after(failure);
      if (query.call() instanceof HttpAnswer.Streamed streamed && streamed.status() == status) {
        return streamed;
      }
    } catch (IOException | RuntimeException again) {
      throw again;
    } catch (Exception again) {
      failure.addSuppressed(again);
    }
    throw failure;
  }

  private GrpcHandler againUnary(GrpcHandler handler) {
    return (tenant, message, memory) -> {
      Attempts attempts = new Attempts();
      while (true) {
        try {
          return handler.handle(tenant, message, memory);
        } catch (Exception e) {
          attempts.after(e);
        }
      }
    };
  }

  private GrpcStreamHandler againStream(GrpcStreamHandler handler) {
    return (tenant, message, out) -> {
      Attempts attempts = new Attempts();
      CountedEmitter counted = new CountedEmitter(out);
      while (true) {
        try {
          handler.handle(tenant, message, counted);
          return;
        } catch (Exception e) {
          if (counted.emitted) {
            throw e;
          }
          attempts.after(e);
        }
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

  @Override
  public ScopedRoutes allowing(Access access) {
    return new Scoped(routes.allowing(access));
  }

  /** Routes of one access. */
  private final class Scoped implements ScopedRoutes {
    private final ScopedRoutes routes;

    Scoped(ScopedRoutes routes) {
      this.routes = routes;
    }

    @Override
    public ScopedRoutes get(String pattern, HttpHandler handler) {
      routes.get(pattern, again(handler));
      return this;
    }

    @Override
    public ScopedRoutes post(String pattern, HttpHandler handler) {
      routes.post(pattern, again(handler));
      return this;
    }

    @Override
    public ScopedRoutes read(String pattern, HttpHandler handler) {
      routes.read(pattern, again(handler));
      return this;
    }

    @Override
    public ScopedRoutes put(String pattern, HttpHandler handler) {
      routes.put(pattern, again(handler));
      return this;
    }

    @Override
    public ScopedRoutes delete(String pattern, HttpHandler handler) {
      routes.delete(pattern, again(handler));
      return this;
    }

    @Override
    public ScopedRoutes writes() {
      return new Scoped(routes.writes());
    }

    @Override
    public ScopedRoutes blocks() {
      return new Scoped(routes.blocks());
    }

    @Override
    public ScopedRoutes unary(String method, GrpcHandler handler) {
      routes.unary(method, againUnary(handler));
      return this;
    }

    @Override
    public ScopedRoutes serverStream(String method, GrpcStreamHandler handler) {
      routes.serverStream(method, againStream(handler));
      return this;
    }

    @Override
    public ScopedRoutes open() {
      return new Scoped(routes.open());
    }
  }
}
