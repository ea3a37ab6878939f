package io.trilith.server;

import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.NetMetrics;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.server.node.Node;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Health, own metrics and the operator's calls. None needs a tenant. */
final class AdminApi {
  private final BooleanSupplier ready;
  private final Node node;
  private final NetMetrics metrics;

  AdminApi(BooleanSupplier ready, Node node, NetMetrics metrics) {
    this.ready = ready;
    this.node = node;
    this.metrics = metrics;
  }

  void register(Routes routes) {
    ScopedRoutes open = routes.forEveryone();
    ScopedRoutes admin = routes.needs(Scope.ADMIN).open();
    for (String path : new String[] {"/ready", "/-/ready", "/loki/ready", "/tempo/ready"}) {
      open.get(path, request -> readiness());
    }
    routes
        .forAnyCaller()
        .get("/admin/instance", request -> HttpAnswer.text(200, node.instance() + "\n"));
    open.get("/-/healthy", request -> HttpAnswer.text(200, "healthy\n"));
    routes
        .needs(Scope.METRICS)
        .open()
        .get(
            "/metrics",
            request ->
                new HttpAnswer.Streamed(
                    200, Map.of("content-type", metrics.contentType()), metrics::write));
    admin.post(
        "/admin/flush",
        request -> {
          node.ruleStates().write();
          node.log().flusher().flushAll();
          return HttpAnswer.text(200, "flushed\n");
        });
    admin.post("/admin/compact", new AdminCompact(node.merges())::answer);
  }

  private HttpAnswer readiness() {
    String refusal = node.access().refusal();
    if (refusal != null) {
      return HttpAnswer.text(503, "not ready: " + refusal + "\n");
    }
    return ready.getAsBoolean()
        ? HttpAnswer.text(200, "ready\n")
        : HttpAnswer.text(503, "not ready: the server is stopping\n");
  }
}
