package io.trilith.ingest.generator;

import io.trilith.config.MetricsGeneratorConfig.Histograms;
import io.trilith.config.ServiceGraphsConfig;
import io.trilith.ingest.generator.Edge.Connection;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.MetricMetadata;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests between services, each put together out of the spans of its two sides. Guarded by the
 * tenant's lock.
 *
 * <p>Names, labels, buckets and pairing are those of Tempo's processor service-graphs.
 */
final class ServiceGraph {
  private static final String PREFIX = "traces_service_graph_request_";
  private static final String TOTAL = PREFIX + "total";
  private static final String FAILED = PREFIX + "failed_total";
  private static final String SERVER = PREFIX + "server_seconds";
  private static final String CLIENT = PREFIX + "client_seconds";
  private static final String MESSAGING = PREFIX + "messaging_system_seconds";
  private static final double[] BOUNDS = Seconds.doubling(0.1, 8);
  private static final List<String> OWN_LABELS =
      List.of("client", "server", "connection_type", "virtual_node", "le");
  private static final List<String> DATABASE =
      List.of("db.namespace", "db.name", "db.system", "db.system.name");
  private static final List<String> DATABASE_HOST =
      List.of("peer.service", "server.address", "network.peer.address");
  private static final int KIND_SERVER = 2;
  private static final int KIND_CLIENT = 3;
  private static final int KIND_PRODUCER = 4;
  private static final int KIND_CONSUMER = 5;
  private static final int STATUS_ERROR = 2;

  private final ServiceGraphsConfig config;
  private final Histograms kinds;
  private final LabelPlan plan;
  private final ActiveSeries.Table<Connected, Series> table;

  /** In the order in which they were opened. */
  private final Map<Edge.Key, Edge> open = new LinkedHashMap<>();

  private final GeneratorMetrics metrics;

  ServiceGraph(GeneratorRules rules, ActiveSeries active, GeneratorMetrics metrics) {
    config = rules.graphs();
    kinds = rules.writing().histograms();
    this.metrics = metrics;
    List<String> prefixes =
        config.clientServerPrefix() ? List.of("client_", "server_") : List.of("");
    plan = LabelPlan.of(rules, OWN_LABELS, config.dimensions(), prefixes);
    int histograms = config.messagingLatency() ? 3 : 2;
    table =
        active.table(
            2 + histograms * Seconds.size(BOUNDS.length, kinds),
            now -> new Series(plan.overflow(), true, now));
  }

  static void describe(SampleWriter out) {
    out.metadata(TOTAL, MetricMetadata.Type.COUNTER, "Requests from one service to another.");
    out.metadata(FAILED, MetricMetadata.Type.COUNTER, "Those of them that failed.");
    out.metadata(
        SERVER, MetricMetadata.Type.HISTOGRAM, "Their duration in seconds as the server saw it.");
    out.metadata(
        CLIENT, MetricMetadata.Type.HISTOGRAM, "Their duration in seconds as the client saw it.");
  }

  /** What tells the series of requests apart. */
  private record Connected(
      String client, String server, Connection connection, String virtualSide, List<String> more) {}

  /** Counts a span. */
  void count(BatchSpan span, long now) {
    String service = span.service();
    boolean client = span.kind() == KIND_CLIENT || span.kind() == KIND_PRODUCER;
    boolean server = span.kind() == KIND_SERVER || span.kind() == KIND_CONSUMER;
    if (service.isEmpty() || !(client || server)) {
      return;
    }
    boolean root = server && span.parentId() == 0;
    long id = client || root ? span.spanId() : span.parentId();
    Edge edge = edge(new Edge.Key(span.traceId(), id, root), now);
    if (edge == null) {
      return;
    }
    if (span.kind() == KIND_PRODUCER || span.kind() == KIND_CONSUMER) {
      edge.connection = Connection.MESSAGING;
    }
    edge.failed |= span.status() == STATUS_ERROR;
    String peer = span.first(config.peerAttributes());
    if (peer != null) {
      edge.peer = plan.cut(peer);
    }
    dimensions(edge, span, client);
    if (client) {
      edge.client = service;
      edge.clientSeconds = span.durationNanos() / 1e9;
      edge.clientEndNanos = span.lastNanos();
      database(edge, span);
    } else {
      edge.server = service;
      edge.serverSeconds = span.durationNanos() / 1e9;
      edge.serverStartNanos = span.startNanos();
    }
    if (edge.isComplete()) {
      open.remove(edge.key);
      metrics.paired();
      emit(edge, now);
    }
  }

  /** The edge of which another side was seen, or a new one; null when there are too many. */
  private @Nullable Edge edge(Edge.Key key, long now) {
    Edge edge = open.get(key);
    if (edge == null) {
      if (open.size() >= config.openEdgesMax()) {
        expire(now);
      }
      if (open.size() >= config.openEdgesMax()) {
        metrics.dropped();
        return null;
      }
      edge = new Edge(key, now + config.waitFor().toMillis(), plan.labels().size());
      open.put(key, edge);
    }
    return edge;
  }

  private void dimensions(Edge edge, BatchSpan span, boolean client) {
    int sides = config.clientServerPrefix() ? 2 : 1;
    for (int i = 0; i < plan.attributes().size(); i++) {
      String value = span.findAnywhere(plan.attributes().get(i));
      if (!value.isEmpty()) {
        edge.dimensions[i * sides + (sides == 1 || client ? 0 : 1)] = plan.cut(value);
      }
    }
  }

  /** A database sends no spans: its client's is all there will be of the request. */
  private void database(Edge edge, BatchSpan span) {
    String name = span.first(DATABASE);
    if (edge.connection != Connection.DIRECT || name == null || !edge.server.isEmpty()) {
      return;
    }
    edge.connection = Connection.DATABASE;
    edge.serverSeconds = edge.clientSeconds;
    String host = span.first(DATABASE_HOST);
    edge.server = plan.cut(host == null ? name : host);
    boolean byAddress =
        host != null
            && span.find("peer.service").isEmpty()
            && span.find("server.address").isEmpty();
    String port = byAddress ? span.find("network.peer.port") : "";
    if (!port.isEmpty()) {
      edge.server = plan.cut(host + ":" + port);
    }
  }

  /** Makes of requests whose other side did not come in time those with a virtual one. */
  void expire(long now) {
    Iterator<Edge> oldest = open.values().iterator();
    while (oldest.hasNext()) {
      Edge edge = oldest.next();
      if (edge.expires > now) {
        return;
      }
      oldest.remove();
      expired(edge, now);
    }
  }

  /** As if all had waited long enough. */
  void expireAll(long now) {
    open.values().forEach(edge -> expired(edge, now));
    open.clear();
  }

  private void expired(Edge edge, long now) {
    edge.connection = Connection.VIRTUAL;
    if (edge.client.isEmpty() && edge.key.root()) {
      edge.client = edge.peer.isEmpty() ? "user" : edge.peer;
      edge.virtualSide = "client";
    } else if (edge.server.isEmpty() && !edge.peer.isEmpty()) {
      edge.server = edge.peer;
      edge.virtualSide = "server";
    }
    if (edge.isComplete()) {
      metrics.virtual();
      emit(edge, now);
    } else {
      metrics.expired();
    }
  }

  int openEdges() {
    return open.size();
  }

  private void emit(Edge edge, long now) {
    Connected connected =
        new Connected(
            edge.client,
            edge.server,
            edge.connection,
            config.virtualNodeLabel() ? edge.virtualSide : "",
            List.of(edge.dimensions));
    boolean messaging = edge.connection == Connection.MESSAGING;
    Series series = table.get(connected, now, at -> new Series(labels(connected), messaging, at));
    series.total++;
    series.failed += edge.failed ? 1 : 0;
    series.server.observe(edge.serverSeconds, edge.key.trace(), now);
    series.client.observe(edge.clientSeconds, edge.key.trace(), now);
    long nanos = edge.serverStartNanos - edge.clientEndNanos;
    if (messaging && series.messaging != null && nanos > 0) {
      series.messaging.observe(nanos / 1e9, edge.key.trace(), now);
    }
  }

  private Labels labels(Connected connected) {
    Labels.Builder labels = plan.builder();
    Texts.set(labels, "client", connected.client, plan.valueMax());
    Texts.set(labels, "server", connected.server, plan.valueMax());
    Texts.set(labels, "connection_type", connected.connection.text(), plan.valueMax());
    Texts.set(labels, "virtual_node", connected.virtualSide, plan.valueMax());
    plan.set(labels, connected.more);
    return labels.build();
  }

  private final class Series extends SeriesGroup {
    private final byte[] totalKey;
    private final byte[] failedKey;
    private final Seconds server;
    private final Seconds client;
    private final @Nullable Seconds messaging;
    private long total;
    private long failed;

    Series(Labels labels, boolean withMessaging, long now) {
      super(now);
      totalKey = key(labels, TOTAL);
      failedKey = key(labels, FAILED);
      server = new Seconds(BOUNDS, kinds, labels, SERVER);
      client = new Seconds(BOUNDS, kinds, labels, CLIENT);
      messaging =
          withMessaging && config.messagingLatency()
              ? new Seconds(BOUNDS, kinds, labels, MESSAGING)
              : null;
    }

    @Override
    void write(SampleWriter out) {
      out.counter(totalKey, born(), fresh(), (double) total);
      out.counter(failedKey, born(), fresh(), (double) failed);
      server.write(out, born(), fresh());
      client.write(out, born(), fresh());
      if (messaging != null) {
        messaging.write(out, born(), fresh());
      }
    }

    @Override
    void end(SampleWriter out) {
      end(totalKey, out);
      end(failedKey, out);
      server.end(out);
      client.end(out);
      if (messaging != null) {
        messaging.end(out);
      }
    }
  }
}
