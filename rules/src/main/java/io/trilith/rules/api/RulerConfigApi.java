package io.trilith.rules.api;

import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.rules.GroupKey;
import io.trilith.rules.Language;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.eval.Ruler;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.rules.file.RuleYaml;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.TenantId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How groups are read, set and deleted over HTTP, as YAML: as Mimir's ruler and as Loki's. A name
 * with slashes comes escaped in one part of the path, or, as some proxies send it, in several: then
 * the longest namespace that is known is meant. Thread-safe.
 */
public final class RulerConfigApi {
  /** With and without the prefix that a data source may have in its URL. */
  private static final List<String> MIMIR =
      List.of("/prometheus/config/v1/rules", "/config/v1/rules");

  private static final List<String> LOKI = List.of("/loki/api/v1/rules", "/api/prom/rules");
  private static final String DONE =
      "{\"status\":\"success\",\"data\":null,\"errorType\":\"\",\"error\":\"\"}";

  private final Ruler ruler;

  public RulerConfigApi(Ruler ruler) {
    this.ruler = ruler;
  }

  public void register(Routes routes) {
    for (String path : MIMIR) {
      register(routes, path, GroupKey.Source.PROMETHEUS);
    }
    for (String path : LOKI) {
      register(routes, path, GroupKey.Source.LOKI);
    }
  }

  private void register(Routes routes, String base, GroupKey.Source source) {
    reads(routes, source).get(base, guard(request -> list(request.tenant(), source)));
    register(routes, base + "/{namespace}", source, request -> part(request, "namespace"), _ -> "");
    register(
        routes,
        base + "/{namespace}/{group}",
        source,
        request -> part(request, "namespace"),
        request -> part(request, "group"));
    register(routes, base + "/{path...}", source, _ -> "", request -> part(request, "path"));
  }

  /** Who may read what rules are made of may read the rules. */
  private static ScopedRoutes reads(Routes routes, GroupKey.Source source) {
    return routes.needs(
        switch (source) {
          case LOKI -> Scope.READ_LOGS;
          case PROMETHEUS, FILE -> Scope.READ_METRICS;
        });
  }

  private static String part(HttpRequest request, String name) {
    return request.pathVariable(name);
  }

  /** Of a pattern, with how its two parts are found. */
  private void register(
      Routes routes,
      String pattern,
      GroupKey.Source source,
      Function<HttpRequest, String> namespace,
      Function<HttpRequest, String> rest) {
    reads(routes, source)
        .get(
            pattern,
            guard(request -> get(request, source, namespace.apply(request), rest.apply(request))));
    ScopedRoutes changes = routes.needs(Scope.RULES);
    changes.post(
        pattern,
        guard(request -> set(request, source, namespace.apply(request), rest.apply(request))));
    changes.delete(
        pattern,
        guard(request -> delete(request, source, namespace.apply(request), rest.apply(request))));
  }

  private static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (InvalidRequestException e) {
        return HttpAnswer.text(400, e.getMessage() + "\n");
      } catch (LimitExceededException | StorageException.Unavailable e) {
        return HttpAnswer.text(503, e.getMessage() + "\n");
      }
    };
  }

  /**
   * What a path means.
   *
   * @param group null for the whole namespace
   */
  private record Meant(String namespace, @Nullable String group) {}

  /**
   * What parts of a path mean.
   *
   * @param namespace empty when the path has more than two parts: then all are in the rest, joined
   *     by slashes
   */
  private Meant meant(HttpRequest request, GroupKey.Source source, String namespace, String rest) {
    SortedMap<String, List<RuleGroup>> known = ruler.stored(request.tenant(), source);
    if (!namespace.isEmpty()) {
      boolean exact = rest.isEmpty() || has(known, namespace, rest);
      return exact || !known.containsKey(namespace + "/" + rest)
          ? new Meant(namespace, rest.isEmpty() ? null : rest)
          : new Meant(namespace + "/" + rest, null);
    }
    for (int end = rest.length(); end > 0; end = rest.lastIndexOf('/', end - 1)) {
      String candidate = rest.substring(0, end);
      if (known.containsKey(candidate)) {
        return new Meant(candidate, end == rest.length() ? null : rest.substring(end + 1));
      }
    }
    int last = rest.lastIndexOf('/');
    return new Meant(rest.substring(0, last), rest.substring(last + 1));
  }

  private static boolean has(Map<String, List<RuleGroup>> known, String namespace, String group) {
    return known.getOrDefault(namespace, List.of()).stream()
        .anyMatch(one -> one.name().equals(group));
  }

  private HttpAnswer list(TenantId tenant, GroupKey.Source source) {
    return namespaces(ruler.stored(tenant, source), source);
  }

  private static HttpAnswer namespaces(
      SortedMap<String, List<RuleGroup>> groups, GroupKey.Source source) {
    if (groups.isEmpty() && source == GroupKey.Source.LOKI) {
      return HttpAnswer.text(404, "no rule groups found\n");
    }
    return yaml(RuleYaml.namespaces(groups, usual(source)));
  }

  private static Language usual(GroupKey.Source source) {
    return Ruler.language(source);
  }

  private static HttpAnswer yaml(String text) {
    return HttpAnswer.bytes(
        200, "application/yaml; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  private HttpAnswer get(HttpRequest request, GroupKey.Source source, String first, String rest) {
    Meant meant = meant(request, source, first, rest);
    SortedMap<String, List<RuleGroup>> known = ruler.stored(request.tenant(), source);
    List<RuleGroup> groups = known.getOrDefault(meant.namespace(), List.of());
    if (meant.group() == null) {
      SortedMap<String, List<RuleGroup>> one = new TreeMap<>();
      if (!groups.isEmpty()) {
        one.put(meant.namespace(), groups);
      }
      return namespaces(one, source);
    }
    for (RuleGroup group : groups) {
      if (group.name().equals(meant.group())) {
        return yaml(RuleYaml.group(group, usual(source)));
      }
    }
    return HttpAnswer.text(404, "group does not exist\n");
  }

  private HttpAnswer set(HttpRequest request, GroupKey.Source source, String first, String rest) {
    String namespace = first.isEmpty() || rest.isEmpty() ? first + rest : first + "/" + rest;
    String text = text(request.body());
    RuleFileReader.Content content = ruler.reader().group(text, usual(source));
    if (!content.problems().isEmpty()) {
      return HttpAnswer.text(
          400,
          content.problems().stream()
              .map(Problem::toString)
              .collect(Collectors.joining("\n", "", "\n")));
    }
    ruler.set(request.tenant(), source, namespace, content.groups().getFirst(), text);
    return HttpAnswer.json(202, DONE);
  }

  private static String text(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidRequestException("the body is not UTF-8", e);
    }
  }

  private HttpAnswer delete(
      HttpRequest request, GroupKey.Source source, String first, String rest) {
    Meant meant = meant(request, source, first, rest);
    if (ruler.delete(request.tenant(), source, meant.namespace(), meant.group())) {
      return HttpAnswer.json(202, DONE);
    }
    return HttpAnswer.text(
        404, meant.group() == null ? "no rule groups found\n" : "group does not exist\n");
  }
}
