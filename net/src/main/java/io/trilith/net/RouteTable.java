package io.trilith.net;

import io.trilith.net.identity.Access;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one listener. A tail variable may be followed by literals ({@code
 * /tag/{name...}/values}). Filled by one thread before the server starts, then read by many.
 */
public final class RouteTable implements Routes {
  /** How the requests of a route are queued. */
  enum Kind {
    READ,
    WRITE,
    OPEN
  }

  /** What answers one method of one pattern. */
  record Endpoint(
      HttpHandler handler,
      Access access,
      Kind kind,
      boolean takesBlocks,
      @Nullable RefusalForm refusals) {}

  /** A pattern and what answers it, by method. */
  record Route(String pattern, List<String> variables, Map<String, Endpoint> methods) {
    @Nullable Endpoint endpoint(String method) {
      Endpoint exact = methods.get(method);
      return exact == null && method.equals("HEAD") ? methods.get("GET") : exact;
    }

    /** The value of an Allow header. */
    String allow() {
      Set<String> allowed = new TreeSet<>(methods.keySet());
      if (allowed.contains("GET")) {
        allowed.add("HEAD");
      }
      allowed.add("OPTIONS");
      return String.join(", ", allowed);
    }
  }

  /** A route and the values of its variables. */
  record Match(Route route, Map<String, String> variables) {}

  /** A gRPC method: one of the two handlers is there. */
  record GrpcMethod(
      String name,
      Access access,
      Kind kind,
      @Nullable GrpcHandler unary,
      @Nullable GrpcStreamHandler stream) {}

  private static final class Node {
    final Map<String, Node> literals = new HashMap<>();
    @Nullable Node variable;
    @Nullable Node tail;
    @Nullable Route route;
  }

  private final Node root = new Node();
  private final Map<String, GrpcMethod> grpc = new HashMap<>();

  @Override
  public ScopedRoutes allowing(Access access) {
    return new View(access, Kind.READ, false, null);
  }

  /** The table, seen by who adds routes of one kind. */
  private final class View implements ScopedRoutes {
    private final Access access;
    private final Kind kind;
    private final boolean takesBlocks;
    private final @Nullable RefusalForm refusals;

    View(Access access, Kind kind, boolean takesBlocks, @Nullable RefusalForm refusals) {
      this.access = access;
      this.kind = kind;
      this.takesBlocks = takesBlocks;
      this.refusals = refusals;
    }

    private ScopedRoutes put(String method, String pattern, HttpHandler handler) {
      add(method, pattern, new Endpoint(handler, access, kind, takesBlocks, refusals));
      return this;
    }

    @Override
    public ScopedRoutes get(String pattern, HttpHandler handler) {
      return put("GET", pattern, handler);
    }

    @Override
    public ScopedRoutes post(String pattern, HttpHandler handler) {
      return put("POST", pattern, handler);
    }

    @Override
    public ScopedRoutes read(String pattern, HttpHandler handler) {
      return get(pattern, handler).post(pattern, handler);
    }

    @Override
    public ScopedRoutes put(String pattern, HttpHandler handler) {
      return put("PUT", pattern, handler);
    }

    @Override
    public ScopedRoutes delete(String pattern, HttpHandler handler) {
      return put("DELETE", pattern, handler);
    }

    @Override
    public ScopedRoutes writes() {
      return new View(access, Kind.WRITE, takesBlocks, refusals);
    }

    @Override
    public ScopedRoutes open() {
      return new View(access, Kind.OPEN, takesBlocks, refusals);
    }

    @Override
    public ScopedRoutes blocks() {
      return new View(access, kind, true, refusals);
    }

    @Override
    public ScopedRoutes refusing(RefusalForm form) {
      return new View(access, kind, takesBlocks, form);
    }

    @Override
    public ScopedRoutes unary(String method, GrpcHandler handler) {
      addGrpc(new GrpcMethod(method, access, kind, handler, null));
      return this;
    }

    @Override
    public ScopedRoutes serverStream(String method, GrpcStreamHandler handler) {
      addGrpc(new GrpcMethod(method, access, kind, null, handler));
      return this;
    }
  }

  private void addGrpc(GrpcMethod method) {
    if (grpc.putIfAbsent(method.name(), method) != null) {
      throw new IllegalStateException("gRPC method " + method.name() + " is registered twice");
    }
  }

  @Nullable GrpcMethod grpc(String method) {
    return grpc.get(method);
  }

  private void add(String method, String pattern, Endpoint endpoint) {
    if (!pattern.startsWith("/")) {
      throw new IllegalArgumentException("pattern " + pattern + " does not start with a slash");
    }
    Node node = root;
    List<String> variables = new ArrayList<>();
    for (String segment : pattern.substring(1).split("/", -1)) {
      if (segment.startsWith("{") && segment.endsWith("...}")) {
        variables.add(segment.substring(1, segment.length() - 4));
        node.tail = node.tail == null ? new Node() : node.tail;
        node = node.tail;
      } else if (segment.startsWith("{") && segment.endsWith("}")) {
        variables.add(segment.substring(1, segment.length() - 1));
        node.variable = node.variable == null ? new Node() : node.variable;
        node = node.variable;
      } else {
        node = node.literals.computeIfAbsent(segment, _ -> new Node());
      }
    }
    if (node.route == null) {
      node.route = new Route(pattern, variables, new LinkedHashMap<>());
    } else if (!node.route.variables().equals(variables)) {
      throw new IllegalStateException(
          "patterns " + pattern + " and " + node.route.pattern() + " differ in names only");
    }
    if (node.route.methods().putIfAbsent(method, endpoint) != null) {
      throw new IllegalStateException(method + " " + pattern + " is registered twice");
    }
  }

  /**
   * The route of a raw path, or null. A slash too many, as a base URL that ends in one makes it, is
   * as good as one. Throws InvalidRequestException when an escape is malformed.
   */
  @Nullable Match match(String rawPath) {
    if (!rawPath.startsWith("/")) {
      return null;
    }
    String[] rawSegments = rawPath.substring(1).split("/", -1);
    String[] segments = new String[rawSegments.length];
    for (int i = 0; i < segments.length; i++) {
      segments[i] = Percent.segment(rawSegments[i]);
    }
    List<String> values = new ArrayList<>();
    Route route = match(root, segments, 0, values);
    if (route == null) {
      int last = segments.length - 1;
      String[] filled =
          IntStream.rangeClosed(0, last)
              .filter(i -> i == last || !rawSegments[i].isEmpty())
              .mapToObj(i -> segments[i])
              .toArray(String[]::new);
      values.clear();
      route = filled.length == segments.length ? null : match(root, filled, 0, values);
    }
    if (route == null) {
      return null;
    }
    Map<String, String> variables = new HashMap<>();
    for (int i = 0; i < values.size(); i++) {
      variables.put(route.variables().get(i), values.get(i));
    }
    return new Match(route, variables);
  }

  /** Recursion is as deep as the longest pattern, not as the path. */
  private static @Nullable Route match(Node node, String[] path, int at, List<String> values) {
    if (at == path.length) {
      return node.route;
    }
    Node literal = node.literals.get(path[at]);
    Route found = literal == null ? null : match(literal, path, at + 1, values);
    if (found == null && node.variable != null && !path[at].isEmpty()) {
      values.add(path[at]);
      found = match(node.variable, path, at + 1, values);
      if (found == null) {
        values.removeLast();
      }
    }
    if (found == null && node.tail != null) {
      found = matchTail(node.tail, path, at, values);
    }
    return found;
  }

  /** The longest tail first; only ends that the next literal can follow are tried. */
  private static @Nullable Route matchTail(Node tail, String[] path, int at, List<String> values) {
    for (int end = path.length; end > at; end--) {
      if (end < path.length && !tail.literals.containsKey(path[end])) {
        continue;
      }
      int size = values.size();
      values.add(String.join("/", List.of(path).subList(at, end)));
      Route found = match(tail, path, end, values);
      if (found != null) {
        return found;
      }
      while (values.size() > size) {
        values.removeLast();
      }
    }
    return null;
  }
}
