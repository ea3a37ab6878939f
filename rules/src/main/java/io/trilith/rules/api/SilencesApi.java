package io.trilith.rules.api;

import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.promql.parser.QueryParser;
import io.trilith.query.json.JsonWriter;
import io.trilith.rules.Silence;
import io.trilith.rules.eval.RuleStates;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.Problems;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.Rfc3339;
import io.trilith.tsdb.store.NotedAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Silences for receivers, as version 2 of Alertmanager's API has them: listed, set and ended.
 * Alertmanagers have their own. Thread-safe.
 */
public final class SilencesApi {
  private static final List<String> PREFIXES = List.of("/api/v2", "/alertmanager/api/v2");
  private static final Set<String> KEYS =
      Set.of(
          "id",
          "matchers",
          "startsAt",
          "endsAt",
          "createdBy",
          "comment",
          "annotations",
          "status",
          "updatedAt");
  private static final Set<String> MATCHER_KEYS = Set.of("name", "value", "isRegex", "isEqual");
  private static final int DEPTH_MAX = 100;
  private static final int SILENCES_MAX = 10_000;

  private final RuleStates states;
  private final NotedAppender appender;
  private final InstantSource clock;
  private final QueryParser parser = new QueryParser(DEPTH_MAX);

  public SilencesApi(RuleStates states, NotedAppender appender, InstantSource clock) {
    this.states = states;
    this.appender = appender;
    this.clock = clock;
  }

  public void register(Routes routes) {
    ScopedRoutes reads = routes.needs(Scope.READ_METRICS);
    ScopedRoutes changes = routes.needs(Scope.RULES);
    for (String prefix : PREFIXES) {
      reads.get(prefix + "/silences", guard(this::list));
      changes.post(prefix + "/silences", guard(this::set));
      reads.get(prefix + "/silence/{id}", guard(this::get));
      changes.delete(prefix + "/silence/{id}", guard(this::end));
    }
  }

  private static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (InvalidRequestException e) {
        return error(400, String.valueOf(e.getMessage()));
      } catch (LimitExceededException | StorageException.Unavailable e) {
        return error(503, String.valueOf(e.getMessage()));
      }
    };
  }

  /** A body that is written as a whole, so that it can be told what went wrong before. */
  @FunctionalInterface
  private interface Body {
    void write(JsonWriter json) throws IOException;
  }

  private static HttpAnswer json(int status, Body body) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      JsonWriter json = new JsonWriter(bytes);
      body.write(json);
      json.flush();
      return HttpAnswer.bytes(status, "application/json; charset=utf-8", bytes.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As Alertmanager says it: a text alone. */
  private static HttpAnswer error(int status, String message) {
    return json(status, json -> json.value(message));
  }

  private HttpAnswer list(HttpRequest request) {
    List<Matcher> filters = new ArrayList<>();
    for (String filter : request.parameters("filter")) {
      filters.addAll(parser.parseSelector("{" + filter + "}"));
    }
    List<Silence> found = new ArrayList<>();
    for (Silence silence : states.silences(request.tenant())) {
      if (filters.stream().allMatch(filter -> has(silence, filter))) {
        found.add(silence);
      }
    }
    found.sort(Comparator.comparingLong(Silence::endsAt).reversed().thenComparing(Silence::id));
    long now = clock.millis();
    return json(
        200,
        json -> {
          json.beginArray();
          for (Silence silence : found) {
            write(silence, now, json);
          }
          json.endArray();
        });
  }

  private static boolean has(Silence silence, Matcher filter) {
    return silence.matchers().stream()
        .anyMatch(
            matcher -> matcher.name().equals(filter.name()) && filter.matches(matcher.value()));
  }

  private HttpAnswer get(HttpRequest request) {
    Silence silence = find(request.tenant(), request.pathVariable("id"));
    return silence == null
        ? error(404, "there is no silence " + request.pathVariable("id"))
        : json(200, json -> write(silence, clock.millis(), json));
  }

  private @Nullable Silence find(TenantId tenant, String id) {
    for (Silence silence : states.silences(tenant)) {
      if (silence.id().equals(id)) {
        return silence;
      }
    }
    return null;
  }

  private HttpAnswer end(HttpRequest request) {
    Silence silence = find(request.tenant(), request.pathVariable("id"));
    if (silence == null) {
      return error(404, "there is no silence " + request.pathVariable("id"));
    }
    long now = clock.millis();
    if (silence.endsAt() > now) {
      states.silence(appender, request.tenant(), silence.ended(now));
    }
    return HttpAnswer.text(200, "");
  }

  private HttpAnswer set(HttpRequest request) {
    // JSON is YAML too, and its reader says in which line something is wrong.
    Problems problems = new Problems("", false);
    Node root = YamlFields.root(new String(request.body(), StandardCharsets.UTF_8), problems);
    if (root == null) {
      throw refusal(problems, "the body is empty; it must be a silence as JSON");
    }
    YamlFields fields = YamlFields.of(root, "a silence", KEYS, problems);
    long now = clock.millis();
    long starts = Math.max(now, time(fields, "startsAt", now, problems));
    long ends = time(fields, "endsAt", Long.MIN_VALUE, problems);
    List<Matcher> matchers = matchers(fields, problems);
    String id = fields.text("id");
    Silence before = id.isEmpty() ? null : find(request.tenant(), id);
    if (!problems.found().isEmpty()) {
      throw refusal(problems, "");
    }
    if (ends <= starts) {
      throw new InvalidRequestException(
          "endsAt must be given, and be after startsAt and after now, "
              + Instant.ofEpochMilli(now));
    }
    if (matchers.isEmpty() || matchers.stream().allMatch(matcher -> matcher.matches(""))) {
      throw new InvalidRequestException(
          "matchers must have one that does not match the empty text: this silences everything");
    }
    if (!id.isEmpty() && before == null) {
      return error(404, "there is no silence " + id + "; leave id out to make one");
    }
    if (before == null && states.silences(request.tenant()).size() >= SILENCES_MAX) {
      throw new InvalidRequestException(
          "there are " + SILENCES_MAX + " silences, as many as a tenant may have; end some");
    }
    // Alertmanager too gives a silence a new id when the old one is over.
    boolean same = before != null && before.endsAt() > now;
    Silence silence =
        new Silence(
            same ? id : UUID.randomUUID().toString(),
            matchers,
            before != null && same ? Math.min(before.startsAt(), starts) : starts,
            ends,
            now,
            fields.text("createdBy"),
            fields.text("comment"));
    states.silence(appender, request.tenant(), silence);
    return json(200, json -> json.beginObject().name("silenceID").value(silence.id()).endObject());
  }

  private static InvalidRequestException refusal(Problems problems, String otherwise) {
    return new InvalidRequestException(
        problems.found().isEmpty()
            ? otherwise
            : problems.found().stream().map(Problem::toString).collect(Collectors.joining("; ")));
  }

  private static long time(YamlFields fields, String key, long otherwise, Problems problems) {
    String text = fields.text(key);
    if (text.isEmpty()) {
      return otherwise;
    }
    Instant time = Rfc3339.parse(text).orElse(null);
    if (time == null) {
      problems.add(fields.get(key), key, "'" + text + "' is no time such as 2026-12-01T09:30:00Z");
      return otherwise;
    }
    return time.toEpochMilli();
  }

  private static List<Matcher> matchers(YamlFields fields, Problems problems) {
    List<Matcher> matchers = new ArrayList<>();
    for (Node node : fields.list("matchers")) {
      YamlFields one = YamlFields.of(node, "a matcher", MATCHER_KEYS, problems);
      if (one.text("name").isEmpty()) {
        problems.add(node, "name", "a matcher needs the name of a label");
        continue;
      }
      boolean equal = !one.has("isEqual") || one.flag("isEqual");
      try {
        matchers.add(
            Matcher.of(one.text("name"), op(one.flag("isRegex"), equal), one.text("value")));
      } catch (InvalidRequestException e) {
        problems.add(node, "value", String.valueOf(e.getMessage()));
      }
    }
    return matchers;
  }

  private static Matcher.Op op(boolean regex, boolean equal) {
    if (regex) {
      return equal ? Matcher.Op.MATCH : Matcher.Op.NOT_MATCH;
    }
    return equal ? Matcher.Op.EQUAL : Matcher.Op.NOT_EQUAL;
  }

  private static void write(Silence silence, long now, JsonWriter json) throws IOException {
    String state =
        silence.endsAt() <= now ? "expired" : silence.startsAt() > now ? "pending" : "active";
    json.beginObject().name("id").value(silence.id());
    json.name("status").beginObject().name("state").value(state).endObject();
    json.name("updatedAt").value(time(silence.updatedAt())).name("comment");
    json.value(silence.comment()).name("createdBy").value(silence.createdBy());
    json.name("endsAt").value(time(silence.endsAt())).name("startsAt");
    json.value(time(silence.startsAt())).name("matchers").beginArray();
    for (Matcher matcher : silence.matchers()) {
      boolean regex = matcher.op() == Matcher.Op.MATCH || matcher.op() == Matcher.Op.NOT_MATCH;
      boolean equal = matcher.op() == Matcher.Op.MATCH || matcher.op() == Matcher.Op.EQUAL;
      json.beginObject().name("isEqual").value(equal).name("isRegex").value(regex);
      json.name("name").value(matcher.name()).name("value").value(matcher.value()).endObject();
    }
    json.endArray().endObject();
  }

  private static String time(long millis) {
    return Instant.ofEpochMilli(millis).toString();
  }
}
