package io.trilith.net;

/**
 * Where a module puts the handlers that one kind of caller may use. A pattern is a path in which
 * {@code {name}} stands for one segment and {@code {name...}} for one or more. The most specific
 * pattern wins: a literal before a variable before a tail. A path that is known under another
 * method answers 405 with Allow, an unknown one 404.
 */
public interface ScopedRoutes {
  ScopedRoutes get(String pattern, HttpHandler handler);

  ScopedRoutes post(String pattern, HttpHandler handler);

  /** GET and POST, the parameters of URL and form body merged. */
  ScopedRoutes read(String pattern, HttpHandler handler);

  ScopedRoutes put(String pattern, HttpHandler handler);

  ScopedRoutes delete(String pattern, HttpHandler handler);

  /**
   * A view for routes that are writes: bounded by the ingest queue and answered 429 when it is
   * full.
   */
  ScopedRoutes writes();

  /**
   * A view for routes that undo snappy themselves: the body of a request that says it is encoded so
   * is the block as it came. Every other encoding is undone as always.
   */
  ScopedRoutes blocks();

  /** A view for routes whose protocol words refusals in its own way. */
  default ScopedRoutes refusing(RefusalForm form) {
    return this;
  }

  /**
   * A unary gRPC method by its full name, {@code package.Service/Method}; messages are protobuf
   * bytes.
   */
  ScopedRoutes unary(String method, GrpcHandler handler);

  /** A server-streaming gRPC method by its full name, {@code package.Service/Method}. */
  ScopedRoutes serverStream(String method, GrpcStreamHandler handler);

  /**
   * A view for routes that need no tenant and pass no queue: readiness, own metrics, build info.
   * Their handlers see the anonymous tenant.
   */
  ScopedRoutes open();
}
