package io.trilith.server;

import io.trilith.config.ConfigReference;
import io.trilith.config.Scope;
import io.trilith.config.TenantLimits;
import io.trilith.ingest.limit.Limits;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.TenantId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * Tells a tenant all of its limits, with what it uses where that is a number, under the names that
 * they have in {@code limits.overrides-file}. Thread-safe.
 */
final class LimitsApi {
  /** Names of Mimir for what has another name in the configuration. */
  private static final Map<String, String> NAMES =
      Map.of(
          "labels_per_series_max", "max_label_names_per_series",
          "label_name_max", "max_label_name_length",
          "label_value_max", "max_label_value_length",
          "max_series_per_metric", "max_global_series_per_metric");

  private static final List<String> NOT_BY_TENANT =
      List.of("overrides_file", "overrides_period", "max_series", "delta_series_max");

  private final Limits limits;
  private final Map<String, ToIntFunction<TenantId>> used;

  /**
   * An API.
   *
   * @param used what a tenant uses now, by the name of the limit
   */
  LimitsApi(Limits limits, Map<String, ToIntFunction<TenantId>> used) {
    this.limits = limits;
    this.used = Map.copyOf(used);
  }

  void register(Routes routes) {
    for (String path :
        List.of(
            "/api/v1/user_limits", "/prometheus/api/v1/user_limits", "/api/trilith/v1/limits")) {
      routes
          .needsOneOf(
              Scope.READ_METRICS,
              Scope.READ_LOGS,
              Scope.READ_TRACES,
              Scope.WRITE_METRICS,
              Scope.WRITE_LOGS,
              Scope.WRITE_TRACES)
          .read(path, this::list);
    }
  }

  private HttpAnswer list(HttpRequest request) throws IOException {
    TenantLimits own = limits.of(request.tenant());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject();
    json.name("tenant").value(request.tenant().value());
    section(json, "metrics", own.metrics(), own.rates().metrics());
    section(json, "logs", own.logs(), own.rates().logs());
    section(json, "traces", own.traces(), own.rates().traces());
    section(json, "queries", own.rates().queries());
    json.name("used");
    json.beginObject();
    for (Map.Entry<String, ToIntFunction<TenantId>> one : new TreeMap<>(used).entrySet()) {
      json.name(one.getKey()).value(one.getValue().applyAsInt(request.tenant()));
    }
    json.endObject();
    json.endObject();
    json.flush();
    return HttpAnswer.bytes(200, "application/json", bytes.toByteArray());
  }

  private static void section(JsonWriter json, String name, Record... records) throws IOException {
    json.name(name);
    json.beginObject();
    for (Record record : records) {
      SortedMap<String, String> settings = ConfigReference.settings(record);
      for (Map.Entry<String, String> one : settings.entrySet()) {
        String key = one.getKey().replace('-', '_');
        if (!NOT_BY_TENANT.contains(key)) {
          json.name(NAMES.getOrDefault(key, key)).value(one.getValue());
        }
      }
    }
    json.endObject();
  }
}
