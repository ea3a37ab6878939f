package io.trilith.ingest.generator;

import static io.trilith.ingest.generator.Written.failed;
import static io.trilith.ingest.generator.Written.service;
import static io.trilith.ingest.generator.Written.span;
import static io.trilith.ingest.generator.Written.withEnd;
import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.LimitsConfig;
import io.trilith.config.MetricsGeneratorConfig;
import io.trilith.config.MetricsGeneratorConfig.Histograms;
import io.trilith.config.ServiceGraphsConfig;
import io.trilith.config.SpanMetricsConfig;
import io.trilith.storage.model.Partition;
import io.trilith.storage.model.TenantId;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tsdb.NativeHistogram;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The generator with a clock of its own, writing to a store that remembers. */
class MetricsGeneratorTest {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;
  private static final TenantId TENANT = TenantId.ANONYMOUS;
  private static final String TOTAL = "traces_service_graph_request_total";
  private static final String CALLS = "traces_spanmetrics_calls_total";

  private final Written written = new Written();
  private long nowMillis = 1_000_000;

  private static MetricsGeneratorConfig writing(int seriesMax, Histograms kinds, String... labels) {
    return new MetricsGeneratorConfig(
        true, Duration.ofSeconds(15), Duration.ofMinutes(15), seriesMax, kinds, List.of(labels));
  }

  private static GeneratorRules rules(MetricsGeneratorConfig writing) {
    return new GeneratorRules(
        writing,
        SpanMetricsConfig.defaults(),
        ServiceGraphsConfig.defaults(),
        LimitsConfig.defaults());
  }

  private MetricsGenerator generator(GeneratorRules rules) {
    return new MetricsGenerator(
        written, rules, new PrometheusRegistry(), () -> Instant.ofEpochMilli(nowMillis));
  }

  private static void send(MetricsGenerator generator, Span... spans) {
    SpanBatch batch = new SpanBatch();
    List.of(spans).forEach(batch::add);
    generator.applied(Partition.LOCAL, 0, TENANT, batch);
  }

  private void after(long seconds, MetricsGenerator generator) {
    nowMillis += seconds * 1000;
    generator.write();
  }

  @Test
  void countsTimesAndSizesOfSpansByOperation() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    Span span = span(service("shop"), 1, 0, SERVER, 3);
    send(generator, span, failed(span(service("shop"), 2, 1, 1, 40_000)), span);
    after(15, generator);
    String ok =
        "service=\"shop\", span_kind=\"SPAN_KIND_SERVER\", span_name=\"op\","
            + " status_code=\"STATUS_CODE_UNSET\"";
    assertThat(written.last(CALLS))
        .hasSize(2)
        .containsEntry("{" + ok + "}", 2.0)
        .containsEntry(
            "{service=\"shop\", span_kind=\"SPAN_KIND_INTERNAL\", span_name=\"op\","
                + " status_code=\"STATUS_CODE_ERROR\"}",
            1.0);
    assertThat(written.last("traces_spanmetrics_latency_bucket"))
        .hasSize(2 * 15)
        .containsEntry("{le=\"0.002\", " + ok + "}", 0.0)
        .containsEntry("{le=\"0.004\", " + ok + "}", 2.0)
        .containsEntry("{le=\"16.384\", " + ok + "}", 2.0)
        .containsEntry("{le=\"+Inf\", " + ok + "}", 2.0);
    assertThat(written.last("traces_spanmetrics_latency_sum")).containsEntry("{" + ok + "}", 0.006);
    assertThat(written.last("traces_spanmetrics_latency_count")).containsEntry("{" + ok + "}", 2.0);
    // id, span id, name, kind, two times, an empty status
    assertThat(written.last("traces_spanmetrics_size_total"))
        .containsEntry("{" + ok + "}", 2.0 * (18 + 10 + 4 + 2 + 9 + 9 + 2));
    assertThat(written.batches.getFirst().exemplars())
        .hasSize(4)
        .allSatisfy(
            one ->
                assertThat(one.exemplar().labels().toString())
                    .isEqualTo("{traceID=\"00000000000000070000000000000007\"}"));
  }

  @Test
  void aSpanThatEndsBeforeItStartsTakesNoTime() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    Span span = span(service("shop"), 1, 0, SERVER, 3);
    send(generator, withEnd(span, span.startNanos() - 500_000_000L), withEnd(span, 0));
    after(15, generator);
    String ok =
        "{service=\"shop\", span_kind=\"SPAN_KIND_SERVER\", span_name=\"op\","
            + " status_code=\"STATUS_CODE_UNSET\"}";
    assertThat(written.last("traces_spanmetrics_latency_sum")).containsEntry(ok, 0.0);
    assertThat(written.last("traces_spanmetrics_latency_count")).containsEntry(ok, 2.0);
    // The second has no end, so that its message has none either.
    assertThat(written.last("traces_spanmetrics_size_total"))
        .containsEntry(ok, 2.0 * (18 + 10 + 4 + 2 + 9 + 9 + 2) - 9);
  }

  @Test
  void beginsCountersAtZeroWhenTheirFirstSpanCame() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("a"), 1, 0, 1, 3));
    after(5, generator);
    send(generator, span(service("a"), 2, 0, 1, 3));
    after(15, generator);
    assertThat(written.samples().entrySet())
        .filteredOn(series -> series.getKey().contains(CALLS))
        .singleElement()
        .satisfies(
            series ->
                assertThat(series.getValue())
                    .containsExactly("0.0@1000.0", "1.0@1005.0", "2.0@1020.0"));
  }

  @Test
  void writesWhatItCouldNotWriteWithTheNextInterval() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("a"), 1, 0, 1, 3));
    written.full = true;
    after(15, generator);
    written.full = false;
    after(15, generator);
    assertThat(written.samples().entrySet())
        .filteredOn(series -> series.getKey().contains(CALLS))
        .singleElement()
        .satisfies(
            series -> assertThat(series.getValue()).containsExactly("0.0@1000.0", "1.0@1030.0"));
  }

  @Test
  void endsSeriesThatSawNoSpanForAWhile() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("a"), 1, 0, 1, 3));
    after(15, generator);
    after(900, generator);
    assertThat(written.last(CALLS).values()).containsExactly(Double.NaN);
    int batches = written.batches.size();
    after(15, generator);
    assertThat(written.batches).hasSize(batches);
    send(generator, span(service("a"), 2, 0, 1, 3));
    after(15, generator);
    assertThat(written.last(CALLS).values()).containsExactly(1.0);
  }

  @Test
  void countsWhatFindsNoRoomInOneSeriesOfEachMetric() {
    MetricsGenerator generator = generator(rules(writing(2 * 19, Histograms.CLASSIC)));
    for (int i = 0; i < 5; i++) {
      send(generator, span(service("service-" + i), i + 1, 99, 1, 3));
    }
    after(15, generator);
    assertThat(written.last(CALLS)).hasSize(3).containsEntry("{metric_overflow=\"true\"}", 3.0);
    assertThat(written.last("traces_spanmetrics_latency_bucket"))
        .containsEntry("{le=\"+Inf\", metric_overflow=\"true\"}", 3.0);
    after(900, generator);
    send(generator, span(service("service-9"), 9, 99, 1, 3));
    after(15, generator);
    assertThat(written.last(CALLS).keySet()).anyMatch(labels -> labels.contains("service-9"));
  }

  @Test
  void pairsTheTwoSidesOfARequestInAnyOrderAndRequest() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, failed(span(service("cart"), 2, 1, SERVER, 300)));
    nowMillis += 9_000;
    send(generator, span(service("web"), 1, 5, CLIENT, 500));
    send(generator, span(service("web"), 3, 5, PRODUCER, 1));
    send(generator, span(service("mail"), 4, 3, CONSUMER, 2));
    after(1, generator);
    String edge = "client=\"web\", server=\"cart\"}";
    assertThat(written.last(TOTAL))
        .hasSize(2)
        .containsEntry("{" + edge, 1.0)
        .containsEntry(
            "{client=\"web\", connection_type=\"messaging_system\", server=\"mail\"}", 1.0);
    assertThat(written.last("traces_service_graph_request_failed_total"))
        .containsEntry("{" + edge, 1.0);
    assertThat(written.last("traces_service_graph_request_server_seconds_sum"))
        .containsEntry("{" + edge, 0.3);
    assertThat(written.last("traces_service_graph_request_client_seconds_sum"))
        .containsEntry("{" + edge, 0.5);
    assertThat(written.last("traces_service_graph_request_client_seconds_bucket"))
        .hasSize(2 * 9)
        .containsEntry("{client=\"web\", le=\"0.4\", server=\"cart\"}", 0.0)
        .containsEntry("{client=\"web\", le=\"0.8\", server=\"cart\"}", 1.0)
        .containsEntry("{client=\"web\", le=\"12.8\", server=\"cart\"}", 1.0);
  }

  @Test
  void takesADatabaseForTheServerOfItsClient() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(
        generator,
        span(service("a"), 1, 9, CLIENT, 10, "db.system", "pg", "db.name", "orders"),
        span(service("a"), 2, 9, CLIENT, 10, "db.system", "pg", "server.address", "db-1"),
        span(
            service("a"),
            3,
            9,
            CLIENT,
            10,
            "db.system",
            "pg",
            "network.peer.address",
            "10.0.0.7",
            "network.peer.port",
            "5432"),
        span(service("a"), 4, 9, CLIENT, 10, "db.namespace", "x", "peer.service", "postgres"));
    after(1, generator);
    String prefix = "{client=\"a\", connection_type=\"database\", server=";
    assertThat(written.last(TOTAL))
        .containsOnlyKeys(
            prefix + "\"orders\"}",
            prefix + "\"db-1\"}",
            prefix + "\"10.0.0.7:5432\"}",
            prefix + "\"postgres\"}");
    assertThat(written.last("traces_service_graph_request_server_seconds_sum").values())
        .containsOnly(0.01);
  }

  @Test
  void findsVirtualNodesWhenTheOtherSideDoesNotCome() {
    ServiceGraphsConfig graphs =
        new ServiceGraphsConfig(
            true,
            Duration.ofSeconds(10),
            10_000,
            List.of("peer.service"),
            List.of("zone"),
            true,
            true,
            false);
    MetricsGenerator generator =
        generator(
            new GeneratorRules(
                MetricsGeneratorConfig.defaults(),
                SpanMetricsConfig.defaults(),
                graphs,
                LimitsConfig.defaults()));
    send(
        generator,
        span(service("web", "zone", "eu"), 1, 0, SERVER, 10),
        span(service("web"), 2, 0, SERVER, 10, "peer.service", "robot"),
        span(service("web"), 3, 1, CLIENT, 10, "peer.service", "bank"),
        span(service("web"), 4, 1, CLIENT, 10),
        span(service("web"), 5, 77, SERVER, 10));
    after(9, generator);
    assertThat(written.last(TOTAL)).isEmpty();
    after(1, generator);
    String virtual = "connection_type=\"virtual_node\", ";
    assertThat(written.last(TOTAL))
        .containsOnlyKeys(
            "{client=\"user\", "
                + virtual
                + "server=\"web\", server_zone=\"eu\", virtual_node=\"client\"}",
            "{client=\"robot\", " + virtual + "server=\"web\", virtual_node=\"client\"}",
            "{client=\"web\", " + virtual + "server=\"bank\", virtual_node=\"server\"}");
  }

  @Test
  void neverPairsAfterTheWait() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("web"), 1, 5, CLIENT, 500));
    nowMillis += 10_000;
    send(generator, span(service("cart"), 2, 1, SERVER, 300));
    after(30, generator);
    assertThat(written.last(TOTAL)).isEmpty();
  }

  @Test
  void dropsRequestsWhenTooManyWait() {
    ServiceGraphsConfig graphs =
        new ServiceGraphsConfig(
            true, Duration.ofSeconds(10), 2, List.of(), List.of(), false, false, false);
    MetricsGenerator generator =
        generator(
            new GeneratorRules(
                MetricsGeneratorConfig.defaults(),
                SpanMetricsConfig.defaults(),
                graphs,
                LimitsConfig.defaults()));
    for (int i = 1; i <= 3; i++) {
      send(generator, span(service("web"), i, 99, CLIENT, 1));
    }
    for (int i = 1; i <= 3; i++) {
      send(generator, span(service("cart"), 10 + i, i, SERVER, 1));
    }
    after(1, generator);
    assertThat(written.last(TOTAL).values()).containsExactly(2.0);
  }

  @Test
  void makesDimensionsJobAndInstanceLabels() {
    SpanMetricsConfig spans =
        new SpanMetricsConfig(
            true,
            true,
            false,
            false,
            false,
            true,
            List.of("http.route", "service", "http_route", "env"),
            true,
            true);
    MetricsGenerator generator =
        generator(
            new GeneratorRules(
                writing(0, Histograms.CLASSIC, "cluster=c1", "env=ignored"),
                spans,
                ServiceGraphsConfig.defaults(),
                LimitsConfig.defaults()));
    Span.Resource resource =
        service("a", "service.namespace", "n", "service.instance.id", "i1", "os.type", "linux");
    send(generator, span(resource, 1, 2, 1, 1, "http.route", "/x", "service", "mine"));
    after(15, generator);
    assertThat(written.last(CALLS))
        .containsOnlyKeys(
            "{__service=\"mine\", cluster=\"c1\", http_route=\"/x\", instance=\"i1\","
                + " job=\"n/a\", service=\"a\"}");
    assertThat(written.last("traces_target_info").keySet())
        .singleElement()
        .asString()
        .contains("instance=\"i1\", job=\"n/a\", os_type=\"linux\"");
  }

  @Test
  void writesNativeHistograms() {
    MetricsGenerator generator = generator(rules(writing(0, Histograms.BOTH)));
    for (int i = 0; i < 4; i++) {
      send(generator, span(service("a"), 1 + i, 99, 1, 1000L << i));
    }
    send(generator, span(service("a"), 9, 99, 1, 0));
    after(15, generator);
    List<NativeHistogram> histograms =
        written.batches.getFirst().histograms().stream().map(one -> one.histogram()).toList();
    assertThat(histograms).hasSize(2);
    assertThat(histograms.getFirst().count()).isZero();
    NativeHistogram last = histograms.getLast();
    assertThat(last.schema()).isEqualTo(3);
    assertThat(last.count()).isEqualTo(5);
    assertThat(last.zeroCount()).isEqualTo(1);
    assertThat(last.sum()).isEqualTo(15);
    assertThat(last.positiveOffsets()).containsExactly(0, 7, 7, 7);
    assertThat(last.positiveLengths()).containsExactly(1, 1, 1, 1);
    assertThat(written.last("traces_spanmetrics_latency_bucket")).hasSize(15);
  }

  @Test
  void writesALastTimeWhenItFinishes() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("web"), 1, 0, SERVER, 10));
    generator.finish();
    assertThat(written.last(CALLS).values()).containsExactly(1.0);
    assertThat(written.last(TOTAL)).hasSize(1);
  }

  @Test
  void forgetsTenantsThatSendNothingForAnHour() {
    MetricsGenerator generator = generator(GeneratorRules.defaults());
    send(generator, span(service("a"), 1, 0, 1, 3));
    after(15, generator);
    after(1800, generator);
    assertThat(generator.tenants()).isEqualTo(1);
    after(1801, generator);
    assertThat(generator.tenants()).isZero();
    send(generator, span(service("a"), 2, 0, 1, 3));
    after(15, generator);
    assertThat(generator.tenants()).isEqualTo(1);
    assertThat(written.last(CALLS).values()).containsExactly(1.0);
  }
}
