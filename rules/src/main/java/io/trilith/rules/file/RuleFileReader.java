package io.trilith.rules.file;

import io.trilith.engine.template.TemplateException;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.storage.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads rule files as Prometheus does, strictly; all that is wrong with a file is told, not the
 * first only. Thread-safe.
 */
public final class RuleFileReader {
  private static final Set<String> FILE_KEYS = Set.of("groups");

  /** What files have besides that tools load into a server. */
  private static final Set<String> LOADED_KEYS = Set.of("groups", "namespace");

  private static final Set<String> GROUP_KEYS =
      Set.of("name", "interval", "query_offset", "limit", "labels", "rules", "language");

  /** What Mimir's groups have besides; kept, so that tools find what they wrote. */
  private static final Set<String> FOREIGN_KEYS =
      Set.of("source_tenants", "evaluation_delay", "align_evaluation_time_on_interval");

  private static final Set<String> RULE_KEYS =
      Set.of("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations");
  private static final long LIMIT_MAX = Integer.MAX_VALUE;

  private final QueryLanguages languages;

  /**
   * What was read.
   *
   * @param groups those without a problem
   * @param namespace where the file says they belong; empty when it does not
   */
  public record Content(
      List<RuleGroup> groups, List<Problem> problems, List<String> warnings, String namespace) {}

  public RuleFileReader(QueryLanguages languages) {
    this.languages = languages;
  }

  /** A file with any number of groups. */
  public Content file(String file, String text, boolean unknownAllowed) {
    return read(text, new Problems(file, unknownAllowed), FILE_KEYS, Language.PROMQL, false);
  }

  /** A file that is to be loaded into a server: its groups may have what Mimir's have. */
  public Content loaded(String file, String text, Language language) {
    return read(text, new Problems(file, false), LOADED_KEYS, language, true);
  }

  private Content read(
      String text,
      Problems problems,
      Set<String> known,
      Language language,
      boolean foreignAllowed) {
    List<RuleGroup> groups = new ArrayList<>();
    String namespace = "";
    Node root = YamlFields.root(text, problems);
    if (root != null) {
      YamlFields fields = YamlFields.of(root, "a rule file", known, problems);
      namespace = fields.text("namespace");
      Set<String> names = new HashSet<>();
      for (Node node : fields.list("groups")) {
        RuleGroup group = group(node, language, foreignAllowed, problems);
        problems.inGroup("");
        if (group != null && !names.add(group.name())) {
          problems.add(
              node, "name", "groupname: \"" + group.name() + "\" is repeated in the same file");
        } else if (group != null) {
          groups.add(group);
        }
      }
    }
    return new Content(groups, problems.found(), problems.warnings(), namespace);
  }

  /**
   * One group, as it is set by API.
   *
   * @param language what it is in unless it says something else
   */
  public Content group(String text, Language language) {
    Problems problems = new Problems("", false);
    Node root = YamlFields.root(text, problems);
    List<RuleGroup> groups = new ArrayList<>();
    if (root == null && problems.found().isEmpty()) {
      problems.add((Node) null, "", "the body is empty; it must be one rule group as YAML");
    } else if (root != null) {
      RuleGroup group = group(root, language, true, problems);
      if (group != null) {
        groups.add(group);
      }
    }
    return new Content(groups, problems.found(), problems.warnings(), "");
  }

  private @Nullable RuleGroup group(
      Node node, Language language, boolean foreignAllowed, Problems problems) {
    problems.inGroup("");
    Set<String> known = GROUP_KEYS;
    if (foreignAllowed) {
      known = new HashSet<>(GROUP_KEYS);
      known.addAll(FOREIGN_KEYS);
    }
    int before = problems.found().size();
    YamlFields fields = YamlFields.of(node, "a rule group", known, problems);
    String name = fields.text("name");
    problems.inGroup(name);
    if (name.isEmpty()) {
      problems.add(fields.place("name"), "name", "Groupname must not be empty");
    }
    OptionalLong interval = fields.millis("interval");
    OptionalLong offset = fields.millis("query_offset");
    if (foreignAllowed && offset.isEmpty()) {
      offset = fields.millis("evaluation_delay");
    }
    long limit = fields.whole("limit");
    if (limit < 0 || limit > LIMIT_MAX) {
      problems.add(fields.place("limit"), "limit", limit + " is not a number of series");
    }
    Map<String, String> labels = fields.texts("labels");
    checkLabels(fields.get("labels"), labels, problems);
    Language spoken = language(fields, language, problems);
    List<Rule> rules = new ArrayList<>();
    for (Node one : fields.list("rules")) {
      Rule rule = rule(one, rules.size() + 1, spoken, labels, problems);
      if (rule != null) {
        rules.add(rule);
      }
    }
    problems.inGroup(name);
    if (problems.found().size() > before) {
      return null;
    }
    return new RuleGroup(
        name,
        interval.orElse(0),
        offset,
        (int) limit,
        Collections.unmodifiableMap(labels),
        spoken,
        List.copyOf(rules),
        foreign(fields));
  }

  private static Map<String, Object> foreign(YamlFields fields) {
    Map<String, Object> foreign = new LinkedHashMap<>();
    for (String key : fields.keys()) {
      if (FOREIGN_KEYS.contains(key)) {
        foreign.put(key, key.equals("source_tenants") ? fields.textList(key) : fields.text(key));
      }
    }
    return foreign;
  }

  private static Language language(YamlFields fields, Language otherwise, Problems problems) {
    String text = fields.text("language");
    if (text.isEmpty()) {
      return otherwise;
    }
    Language language = Language.of(text).orElse(null);
    if (language == null) {
      problems.add(
          fields.place("language"),
          "language",
          "'" + text + "' is none; it must be promql, logql or traceql");
      return otherwise;
    }
    return language;
  }

  private @Nullable Rule rule(
      Node node,
      int number,
      Language language,
      Map<String, String> groupLabels,
      Problems problems) {
    int before = problems.found().size();
    problems.inRule(number, "");
    YamlFields fields = YamlFields.of(node, "a rule", RULE_KEYS, problems);
    String record = fields.text("record");
    String alert = fields.text("alert");
    String name = record.isEmpty() ? alert : record;
    problems.inRule(number, name);
    if (!record.isEmpty() && !alert.isEmpty()) {
      problems.add(
          fields.place("alert"), "", "only one of 'record' and 'alert' must be set, not both");
    } else if (name.isEmpty()) {
      problems.add(fields.place("record"), "", "one of 'record' or 'alert' must be set");
    }
    boolean alerting = record.isEmpty();
    Map<String, String> labels = fields.texts("labels");
    Map<String, String> annotations = fields.texts("annotations");
    checkLabels(fields.get("labels"), labels, problems);
    if (alerting) {
      checkTemplates(fields, name, labels, annotations, problems);
    } else {
      checkRecording(fields, record, problems);
    }
    long forMillis = fields.millis("for").orElse(0);
    long keepMillis = fields.millis("keep_firing_for").orElse(0);
    RuleQuery query = query(fields, language, problems);
    if (query == null || problems.found().size() > before) {
      return null;
    }
    Map<String, String> all = new LinkedHashMap<>(groupLabels);
    all.putAll(labels);
    return new Rule(
        alerting ? Rule.Kind.ALERTING : Rule.Kind.RECORDING,
        name,
        fields.text("expr"),
        query,
        forMillis,
        keepMillis,
        Collections.unmodifiableMap(labels),
        Collections.unmodifiableMap(all),
        Collections.unmodifiableMap(annotations),
        node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0));
  }

  private @Nullable RuleQuery query(YamlFields fields, Language language, Problems problems) {
    String expr = fields.text("expr");
    if (expr.isBlank()) {
      problems.add(fields.place("expr"), "", "field 'expr' must be set in rule");
      return null;
    }
    try {
      return languages.parse(language, expr);
    } catch (InvalidRequestException e) {
      problems.add(fields.get("expr"), "", "could not parse expression: " + e.getMessage());
      return null;
    }
  }

  private static void checkRecording(YamlFields fields, String record, Problems problems) {
    for (String key : List.of("annotations", "for", "keep_firing_for")) {
      Node value = fields.get(key);
      boolean zero = value != null && !key.equals("annotations") && fields.text(key).equals("0");
      if (value != null && !zero) {
        problems.add(fields.place(key), "", "invalid field '" + key + "' in recording rule");
      }
    }
    if (record.indexOf('{') >= 0 || record.indexOf('}') >= 0) {
      problems.add(
          fields.get("record"),
          "",
          "braces present in the recording rule name; should it be in expr?: " + record);
    } else if (!wellFormed(record)) {
      problems.add(fields.get("record"), "", "invalid recording rule name: it is not UTF-8");
    }
  }

  private static void checkLabels(
      @Nullable Node node, Map<String, String> labels, Problems problems) {
    labels.forEach(
        (name, value) -> {
          if (name.isEmpty() || name.equals("__name__") || !wellFormed(name)) {
            problems.add(node, "labels", "invalid label name: " + name);
          }
          if (!wellFormed(value)) {
            problems.add(node, "labels", "invalid label value of " + name + ": it is not UTF-8");
          }
        });
  }

  private static void checkTemplates(
      YamlFields fields,
      String alert,
      Map<String, String> labels,
      Map<String, String> annotations,
      Problems problems) {
    labels.forEach((name, text) -> check(fields, alert, "label", name, text, problems));
    annotations.forEach(
        (name, text) -> {
          if (name.isEmpty() || !wellFormed(name)) {
            problems.add(fields.get("annotations"), "", "invalid annotation name: " + name);
          }
          check(fields, alert, "annotation", name, text, problems);
        });
  }

  private static void check(
      YamlFields fields, String alert, String kind, String name, String text, Problems problems) {
    try {
      AlertTemplate.check(alert, text);
    } catch (TemplateException e) {
      problems.add(
          fields.get(kind + "s"),
          "",
          "invalid template in " + kind + " \"" + name + "\": " + e.getMessage());
    }
  }

  /** Whether the text has no half of a pair of surrogates, which UTF-8 has no bytes for. */
  private static boolean wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)) {
        i++;
        if (i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
          return false;
        }
      } else if (Character.isLowSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
