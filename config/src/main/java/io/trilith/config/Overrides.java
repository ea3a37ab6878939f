package io.trilith.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code limits.overrides-file}: for each tenant the limits that differ from those
 * of all others, in the sections {@code metrics}, {@code logs}, {@code traces} and {@code queries},
 * under the names that Mimir, Loki and Tempo have for them. A limit that is not named stays.
 */
public final class Overrides {
  private static final String ROOT = "overrides.";

  /** Names of others for what has another name here. */
  private static final Map<String, String> METRICS =
      Map.of(
          "max-label-names-per-series", "labels-per-series-max",
          "max-label-name-length", "label-name-max",
          "max-label-value-length", "label-value-max",
          "max-global-series-per-metric", "max-series-per-metric",
          "max-native-histogram-buckets", "histogram-buckets-max");

  /** Keys that are not a tenant's. */
  private static final List<String> NOT_BY_TENANT =
      List.of("overrides-file", "overrides-period", "max-series", "delta-series-max");

  private Overrides() {}

  /**
   * The limits by tenant.
   *
   * @param base what a tenant has that says nothing
   * @throws ConfigException naming line, tenant, limit and value
   */
  public static Map<String, TenantLimits> read(Path file, TenantLimits base) {
    Map<String, Map<String, Map<String, Binder.Located>>> tenants = new TreeMap<>();
    List<String> errors = new ArrayList<>();
    Map<List<String>, Binder.Located> values = ConfigReader.paths(file);
    values.forEach((path, value) -> collect(path, value, tenants, errors));
    Map<String, TenantLimits> limits = new HashMap<>();
    tenants.forEach((tenant, sections) -> limits.put(tenant, over(tenant, sections, base, errors)));
    if (!errors.isEmpty()) {
      throw new ConfigException(String.join("\n", errors));
    }
    return Map.copyOf(limits);
  }

  private static void collect(
      List<String> path,
      Binder.Located value,
      Map<String, Map<String, Map<String, Binder.Located>>> tenants,
      List<String> errors) {
    if (path.getFirst().equals("overrides") && path.size() < 4 && value.text().isBlank()) {
      return; // a tenant or a section of which nothing differs
    }
    // Tempo nests its limits once more, by what they are about: that word says nothing.
    boolean nested = path.size() == 5 && path.get(2).equals("traces");
    if (!path.getFirst().equals("overrides") || (path.size() != 4 && !nested)) {
      errors.add(
          value.where()
              + ": '"
              + String.join(".", path)
              + "' is not of the form "
              + ROOT
              + "TENANT.SECTION.LIMIT");
      return;
    }
    String key = path.getLast().replace('_', '-');
    tenants
        .computeIfAbsent(path.get(1), _ -> new LinkedHashMap<>())
        .computeIfAbsent(path.get(2), _ -> new LinkedHashMap<>())
        .put(key, value);
  }

  private static TenantLimits over(
      String tenant,
      Map<String, Map<String, Binder.Located>> sections,
      TenantLimits base,
      List<String> errors) {
    List<String> own = new ArrayList<>();
    Map<String, Binder.Located> metrics = renamed(sections.remove("metrics"), METRICS, own);
    Map<String, Binder.Located> logs = binary(renamed(sections.remove("logs"), Map.of(), own));
    Map<String, Binder.Located> traces = binary(renamed(sections.remove("traces"), Map.of(), own));
    Map<String, Binder.Located> queries = renamed(sections.remove("queries"), Map.of(), own);
    TenantRates none = TenantRates.NONE;
    TenantLimits limits =
        new TenantLimits(
            new Overlay(metrics, own).over(base.metrics()),
            new Overlay(logs, own).over(base.logs()),
            new Overlay(traces, own).over(base.traces()),
            new TenantRates(
                new Overlay(metrics, own).over(none.metrics()),
                new Overlay(logs, own).over(none.logs()),
                new Overlay(traces, own).over(none.traces()),
                new Overlay(queries, own).over(none.queries())));
    List.of(metrics, logs, traces, queries)
        .forEach(left -> left.forEach((key, value) -> own.add(unknown(key, value))));
    sections.forEach(
        (section, keys) ->
            keys.values()
                .forEach(
                    value ->
                        own.add(
                            value.where()
                                + ": '"
                                + section
                                + "' is none of metrics, logs, traces, queries")));
    own.forEach(error -> errors.add("tenant '" + tenant + "': " + error));
    return limits;
  }

  private static String unknown(String key, Binder.Located value) {
    return value.where() + ": unknown limit '" + key.replace('-', '_') + "'";
  }

  private static Map<String, Binder.Located> renamed(
      @Nullable Map<String, Binder.Located> section,
      Map<String, String> names,
      List<String> errors) {
    Map<String, Binder.Located> renamed = new LinkedHashMap<>();
    if (section != null) {
      section.forEach(
          (key, value) -> {
            if (NOT_BY_TENANT.contains(key)) {
              errors.add(value.where() + ": '" + key + "' is not a limit of one tenant");
            } else {
              renamed.put(names.getOrDefault(key, key), value);
            }
          });
    }
    return renamed;
  }

  /** Sizes as Loki and Tempo mean them: their KB has 1024 bytes. */
  private static Map<String, Binder.Located> binary(Map<String, Binder.Located> section) {
    section.replaceAll(
        (key, value) -> {
          String text = value.text();
          int unit = text.length() - 2;
          boolean decimal =
              unit > 0
                  && Character.isDigit(text.charAt(unit - 1))
                  && "kKmMgG".indexOf(text.charAt(unit)) >= 0
                  && (text.endsWith("B") || text.endsWith("b"));
          return decimal
              ? new Binder.Located(
                  text.substring(0, unit) + Character.toUpperCase(text.charAt(unit)) + "iB",
                  value.where())
              : value;
        });
    return section;
  }
}
