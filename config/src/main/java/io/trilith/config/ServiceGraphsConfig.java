package io.trilith.config;

import java.time.Duration;
import java.util.List;

/** How requests between services are put together out of their two spans. */
public record ServiceGraphsConfig(
    @Key(doc = "Make them.", value = "true") boolean enabled,
    @Key(
            doc = "How long one side of a request waits for the other, on the server's clock.",
            value = "10s")
        Duration waitFor,
    @Key(
            doc = "Requests of a tenant that may wait at once; more are dropped and counted.",
            value = "10000")
        int openEdgesMax,
    @Key(
            doc =
                "Attributes of a span that name its peer when that sends no spans, the first one found.",
            value = "peer.service,db.name,db.system,db.system.name")
        List<String> peerAttributes,
    @Key(doc = "Attributes of the resource or else the span that become labels.", value = "")
        List<String> dimensions,
    @Key(
            doc = "Put client_ and server_ in front of dimensions, by the side they come from.",
            value = "false")
        boolean clientServerPrefix,
    @Key(doc = "Label virtual_node: which side, client or server, sent no spans.", value = "false")
        boolean virtualNodeLabel,
    @Key(
            doc =
                "Write traces_service_graph_request_messaging_system_seconds: from the end of sending to the start of receiving.",
            value = "false")
        boolean messagingLatency) {
  public ServiceGraphsConfig {
    if (waitFor.isNegative() || waitFor.isZero()) {
      throw new IllegalArgumentException("service-graphs.wait-for must be longer than 0");
    }
    if (openEdgesMax < 1) {
      throw new IllegalArgumentException("service-graphs.open-edges-max must be at least 1");
    }
    peerAttributes = List.copyOf(peerAttributes);
    dimensions = List.copyOf(dimensions);
  }

  /** Everything at its default. */
  public static ServiceGraphsConfig defaults() {
    return Binder.defaults(ServiceGraphsConfig.class);
  }
}
