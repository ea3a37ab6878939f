package io.trilith.rules.file;

import io.trilith.rules.Language;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;

/** Writes groups as YAML: what {@link RuleFileReader} reads as equal groups. */
public final class RuleYaml {
  private static final String[] UNITS = {"w", "d", "h", "m", "s"};
  private static final long[] MILLIS = {604_800_000, 86_400_000, 3_600_000, 60_000, 1000};

  private RuleYaml() {}

  /** One group. */
  public static String group(RuleGroup group, Language usual) {
    return dump(map(group, usual));
  }

  /** Groups by namespace. */
  public static String namespaces(Map<String, List<RuleGroup>> groups, Language usual) {
    Map<String, Object> all = new LinkedHashMap<>();
    groups.forEach(
        (namespace, list) ->
            all.put(namespace, list.stream().map(group -> map(group, usual)).toList()));
    return dump(all);
  }

  private static String dump(Object tree) {
    DumpSettings settings =
        DumpSettings.builder()
            .setDefaultFlowStyle(FlowStyle.BLOCK)
            .setIndent(4)
            .setIndicatorIndent(2)
            .setWidth(1 << 20)
            .build();
    return new Dump(settings).dumpToString(tree);
  }

  private static Map<String, Object> map(RuleGroup group, Language usual) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", group.name());
    if (group.intervalMillis() > 0) {
      map.put("interval", duration(group.intervalMillis()));
    }
    if (group.queryOffsetMillis().isPresent() && !group.foreign().containsKey("evaluation_delay")) {
      map.put("query_offset", duration(group.queryOffsetMillis().getAsLong()));
    }
    map.putAll(group.foreign());
    if (group.limit() > 0) {
      map.put("limit", group.limit());
    }
    if (group.language() != usual) {
      map.put("language", group.language().text());
    }
    if (!group.labels().isEmpty()) {
      map.put("labels", group.labels());
    }
    List<Map<String, Object>> rules = new ArrayList<>();
    group.rules().forEach(rule -> rules.add(map(rule)));
    map.put("rules", rules);
    return map;
  }

  private static Map<String, Object> map(Rule rule) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put(rule.alerting() ? "alert" : "record", rule.name());
    map.put("expr", rule.expr());
    if (rule.forMillis() > 0) {
      map.put("for", duration(rule.forMillis()));
    }
    if (rule.keepFiringForMillis() > 0) {
      map.put("keep_firing_for", duration(rule.keepFiringForMillis()));
    }
    if (!rule.ownLabels().isEmpty()) {
      map.put("labels", rule.ownLabels());
    }
    if (!rule.annotations().isEmpty()) {
      map.put("annotations", rule.annotations());
    }
    return map;
  }

  /** As Prometheus prints it: weeks and days only when nothing is left. */
  public static String duration(long millis) {
    if (millis == 0) {
      return "0s";
    }
    StringBuilder text = new StringBuilder();
    long left = millis;
    for (int i = 0; i < UNITS.length; i++) {
      boolean fits = i >= 2 || left % MILLIS[i] == 0;
      if (fits && left >= MILLIS[i]) {
        text.append(left / MILLIS[i]).append(UNITS[i]);
        left %= MILLIS[i];
      }
    }
    return left > 0 ? text.append(left).append("ms").toString() : text.toString();
  }
}
