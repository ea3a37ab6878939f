package io.trilith.rules.api;

import io.trilith.net.HttpRequest;
import io.trilith.promql.parser.QueryParser;
import io.trilith.rules.Rule;
import io.trilith.rules.eval.GroupReport;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.GoNumber;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rules a request asks for. Names of parameters may come with {@code []}, as in Prometheus,
 * and without, as in Mimir, Loki and Grafana.
 *
 * @param kind null for both
 * @param selectors one of which a rule's labels must match; empty for all
 * @param groupLimit 0 for all
 */
record RuleFilter(
    Rule.@Nullable Kind kind,
    Set<String> names,
    Set<String> groups,
    Set<String> files,
    List<List<Matcher>> selectors,
    boolean excludeAlerts,
    int groupLimit,
    String token) {

  /** A page of groups, and where the next one begins, empty when there is none. */
  record Page(List<GroupReport> groups, String nextToken) {}

  /** Throws InvalidRequestException. */
  static RuleFilter of(HttpRequest request, QueryParser parser) {
    List<List<Matcher>> selectors = new ArrayList<>();
    for (String selector : request.parameters("match[]")) {
      selectors.add(parser.parseSelector(selector));
    }
    String limitText = text(request, "group_limit", "max_groups");
    String token = text(request, "group_next_token", "next_token");
    int limit = limit(limitText);
    if (!token.isEmpty() && limitText.isEmpty()) {
      throw new InvalidRequestException(
          "group_limit needs to be present in order to paginate over the groups");
    }
    return new RuleFilter(
        kind(request.parameter("type").orElse("")),
        all(request, "rule_name"),
        all(request, "rule_group"),
        all(request, "file"),
        selectors,
        flag(request, "exclude_alerts"),
        limit,
        token);
  }

  private static String text(HttpRequest request, String name, String other) {
    return request.parameter(name).or(() -> request.parameter(other)).orElse("");
  }

  private static int limit(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    OptionalLong number = GoNumber.whole(text);
    if (number.isEmpty()) {
      throw new InvalidRequestException(
          "group_limit needs to be a valid number: cannot parse \"" + text + "\"");
    }
    if (number.getAsLong() <= 0) {
      throw new InvalidRequestException("group_limit needs to be greater than 0");
    }
    return (int) Math.min(number.getAsLong(), Integer.MAX_VALUE);
  }

  private static Rule.@Nullable Kind kind(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "" -> null;
      case "alert" -> Rule.Kind.ALERTING;
      case "record" -> Rule.Kind.RECORDING;
      default ->
          throw new InvalidRequestException(
              "not supported value \"" + text + "\" of type; it is alert or record");
    };
  }

  private static Set<String> all(HttpRequest request, String name) {
    Set<String> all = new HashSet<>(request.parameters(name + "[]"));
    all.addAll(request.parameters(name));
    all.remove("");
    return all;
  }

  private static boolean flag(HttpRequest request, String name) {
    String text = request.parameter(name).orElse("");
    return switch (text) {
      case "", "0", "f", "F", "false", "FALSE", "False" -> false;
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      default ->
          throw new InvalidRequestException(
              "error converting " + name + ": \"" + text + "\" is neither true nor false");
    };
  }

  /** Of these groups those that are asked for; throws when the token names none. */
  Page page(List<GroupReport> all) {
    List<GroupReport> kept = new ArrayList<>();
    boolean begun = token.isEmpty();
    for (GroupReport one : all) {
      if (!begun && !token.equals(tokenOf(one))) {
        continue;
      }
      begun = true;
      GroupReport filtered = filter(one);
      if (filtered == null) {
        continue;
      }
      if (groupLimit > 0 && kept.size() == groupLimit) {
        return new Page(kept, tokenOf(one));
      }
      kept.add(filtered);
    }
    if (!begun) {
      throw new InvalidRequestException(
          "invalid group_next_token '" + token + "'. were rule groups changed?");
    }
    return new Page(kept, "");
  }

  private static String tokenOf(GroupReport group) {
    String name = group.key().namespace() + ";" + group.key().group();
    try {
      byte[] sum =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The group with the rules that are asked for; null when none is. */
  private @Nullable GroupReport filter(GroupReport group) {
    if ((!groups.isEmpty() && !groups.contains(group.key().group()))
        || (!files.isEmpty() && !files.contains(group.key().namespace()))) {
      return null;
    }
    List<GroupReport.RuleReport> rules =
        group.rules().stream().filter(one -> matches(one.rule())).toList();
    boolean chooses = kind != null || !names.isEmpty() || !selectors.isEmpty();
    if (rules.isEmpty() && (chooses || group.rules().isEmpty())) {
      return null;
    }
    return new GroupReport(
        group.key(), group.group(), group.intervalMillis(), group.nanos(), group.lastTick(), rules);
  }

  private boolean matches(Rule rule) {
    if ((kind != null && rule.kind() != kind)
        || (!names.isEmpty() && !names.contains(rule.name()))) {
      return false;
    }
    if (selectors.isEmpty()) {
      return true;
    }
    Labels labels = Labels.of(rule.labels());
    for (List<Matcher> selector : selectors) {
      if (selector.stream().allMatch(matcher -> matcher.matches(labels))) {
        return true;
      }
    }
    return false;
  }
}
