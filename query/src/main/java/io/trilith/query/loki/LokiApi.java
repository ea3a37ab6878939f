package io.trilith.query.loki;

import io.trilith.config.Scope;
import io.trilith.engine.Admission;
import io.trilith.logql.LogqlEngine;
import io.trilith.logql.PatternSearch;
import io.trilith.logstore.StreamReader;
import io.trilith.net.HttpHandler;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.storage.model.TenantId;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;

/**
 * The HTTP API of Loki, below {@code /loki/api/v1} and {@code /loki/loki/api/v1}, and its first one
 * below {@code /api/prom}. Thread-safe.
 */
public final class LokiApi {
  private final LokiQueries queries;
  private final LokiMetadata metadata;
  private final LokiVolumes volumes;
  private final LokiFields fields;
  private final LokiStatus status;
  private final LokiTail tail;
  private final LokiPatterns patterns;

  /**
   * Reads through the tenant's reader, follows through the tail; the facts are what buildinfo and
   * drilldown-limits tell.
   */
  public LokiApi(
      Function<TenantId, StreamReader> readers,
      LogTail followed,
      LogqlEngine engine,
      InstantSource clock,
      Admission admission,
      LokiLimits limits,
      LokiFacts facts) {
    this.queries = new LokiQueries(readers, engine, clock, admission, limits);
    this.metadata = new LokiMetadata(queries, engine.parser(), clock);
    this.volumes = new LokiVolumes(queries, engine.parser(), clock);
    this.fields = new LokiFields(queries, engine, clock, limits);
    this.status = new LokiStatus(engine.parser(), admission.limits(), limits, facts);
    this.tail = new LokiTail(queries, engine, followed, clock, limits);
    this.patterns = new LokiPatterns(queries, engine.parser(), new PatternSearch(), clock);
  }

  /** Adds the routes, under all prefixes. */
  public void register(Routes routes) {
    ScopedRoutes reads = routes.needs(Scope.READ_LOGS);
    ScopedRoutes any = routes.forAnyCaller();
    registerLegacy(reads);
    for (String prefix : List.of("/loki/api/v1", "/loki/loki/api/v1")) {
      read(reads, prefix + "/query", queries::instant);
      read(reads, prefix + "/query_range", queries::range);
      read(reads, prefix + "/labels", metadata::labels);
      read(reads, prefix + "/label", metadata::labels);
      read(reads, prefix + "/label/{name}/values", metadata::labelValues);
      read(reads, prefix + "/series", metadata::series);
      read(reads, prefix + "/index/stats", metadata::stats);
      read(reads, prefix + "/index/volume", volumes::volume);
      read(reads, prefix + "/index/volume_range", volumes::volumeRange);
      read(reads, prefix + "/index/shards", volumes::shards);
      read(reads, prefix + "/detected_labels", metadata::detectedLabels);
      read(reads, prefix + "/detected_fields", fields::detectedFields);
      read(reads, prefix + "/detected_field/{name}/values", fields::fieldValues);
      read(reads, prefix + "/patterns", patterns::patterns);
      read(reads, prefix + "/format_query", status::formatQuery);
      read(any, prefix + "/status/buildinfo", _ -> status.buildInfo());
      read(reads, prefix + "/drilldown-limits", _ -> status.drilldownLimits());
      read(reads, prefix + "/tail", tail::tail);
    }
  }

  /** Loki's first API, which old clients use. */
  private void registerLegacy(ScopedRoutes reads) {
    read(reads, "/api/prom/query", queries::legacy);
    read(reads, "/api/prom/label", metadata::legacyLabels);
    read(reads, "/api/prom/label/{name}/values", metadata::legacyLabelValues);
    read(reads, "/api/prom/tail", tail::legacyTail);
  }

  private static void read(ScopedRoutes routes, String pattern, HttpHandler handler) {
    routes.read(pattern, LokiEnvelope.guard(handler));
  }
}
