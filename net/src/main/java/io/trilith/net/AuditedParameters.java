package io.trilith.net;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the audit log says of a request: the variables of its path and parameters that select data.
 * Others stay out, since a careless client may put a credential there.
 */
final class AuditedParameters {
  private static final Set<String> NAMES =
      Set.of(
          "match[]",
          "query",
          "q",
          "metrics",
          "logs",
          "traces",
          "start",
          "end",
          "by",
          "block",
          "request_id",
          "force",
          "dry-run",
          "confirm",
          "signal",
          "tenant",
          "namespace",
          "group");

  private AuditedParameters() {}

  static Map<String, List<String>> of(RouteTable.Match match, HttpRequest request) {
    Map<String, List<String>> audited = new TreeMap<>();
    match.variables().forEach((name, value) -> audited.put(name, List.of(value)));
    try {
      request
          .parameters()
          .forEach(
              (name, values) -> {
                if (NAMES.contains(name)) {
                  audited.put(name, List.copyOf(values));
                }
              });
    } catch (RuntimeException e) {
      audited.put("error", List.of("the parameters are malformed"));
    }
    return audited;
  }
}
