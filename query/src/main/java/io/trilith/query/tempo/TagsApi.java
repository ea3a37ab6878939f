package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Type;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The endpoints of tag names and values. Thread-safe. */
final class TagsApi {
  private static final String INTRINSIC = "intrinsic";
  private static final Set<Intrinsic> HIDDEN =
      EnumSet.of(
          Intrinsic.NESTED_LEFT,
          Intrinsic.NESTED_RIGHT,
          Intrinsic.NESTED_PARENT,
          Intrinsic.CHILD_COUNT);

  /** Intrinsics that are different for nearly every span. */
  private static final Set<Intrinsic> WITHOUT_VALUES =
      EnumSet.of(
          Intrinsic.TRACE_ID,
          Intrinsic.SPAN_ID,
          Intrinsic.PARENT_ID,
          Intrinsic.LINK_SPAN_ID,
          Intrinsic.LINK_TRACE_ID);

  private final TempoQueries queries;
  private final TraceQueryConfig config;

  TagsApi(TempoQueries queries, TraceQueryConfig config) {
    this.queries = queries;
    this.config = config;
  }

  /** Writes an answer from what a query finds. */
  @FunctionalInterface
  private interface Answer {
    void write(TagQuery query, JsonText out);
  }

  private HttpAnswer answer(HttpRequest request, Answer answer) throws InterruptedException {
    Parameters.Range range = Parameters.optionalRange(request);
    String filter = request.parameter("q").orElse("");
    return queries.run(
        request,
        (reader, context) -> {
          JsonText out = new JsonText(context.budget()).open('{');
          answer.write(new TagQuery(reader, range, filter, config, context), out);
          out.key("metrics").open('{').close('}').close('}');
          return HttpAnswer.json(200, out.toString());
        });
  }

  /** What the scope parameter asks for; both are absent for everything. */
  private record Wanted(@Nullable AttributeScope scope, boolean intrinsic, boolean all) {}

  private static Wanted wanted(HttpRequest request) {
    String text = request.parameter("scope").orElse("none");
    if (text.equals("none")) {
      return new Wanted(null, false, true);
    }
    if (text.equals(INTRINSIC)) {
      return new Wanted(null, true, false);
    }
    for (AttributeScope scope : AttributeScope.values()) {
      if (scope != AttributeScope.ANY && scope.text().equals(text)) {
        return new Wanted(scope, false, false);
      }
    }
    throw Parameters.invalid("scope", text, "unknown scope");
  }

  private static TreeSet<String> intrinsics() {
    TreeSet<String> names = new TreeSet<>();
    for (Intrinsic intrinsic : Intrinsic.values()) {
      if (!HIDDEN.contains(intrinsic)) {
        names.add(intrinsic.text());
        names.add(intrinsic.scoped());
      }
    }
    names.remove("");
    return names;
  }

  private int limit(HttpRequest request) {
    int limit = Parameters.integer(request, "limit", 0, 0, Integer.MAX_VALUE);
    return limit == 0 ? config.tagsMax() : Math.min(limit, config.tagsMax());
  }

  HttpAnswer names(HttpRequest request) throws InterruptedException {
    Wanted wanted = wanted(request);
    int limit = limit(request);
    return answer(
        request,
        (query, out) -> {
          TreeSet<String> names = new TreeSet<>();
          if (wanted.intrinsic()) {
            names.addAll(intrinsics());
          } else {
            query.names(wanted.scope()).values().forEach(names::addAll);
          }
          out.key("tagNames").open('[');
          names.stream().limit(limit).forEach(out::text);
          out.close(']');
        });
  }

  HttpAnswer scopedNames(HttpRequest request) throws InterruptedException {
    Wanted wanted = wanted(request);
    int limit = limit(request);
    return answer(
        request,
        (query, out) -> {
          out.key("scopes").open('[');
          if (!wanted.intrinsic()) {
            query
                .names(wanted.scope())
                .forEach((scope, tags) -> scope(scope.text(), tags, limit, out));
          }
          if (wanted.intrinsic() || wanted.all()) {
            scope(INTRINSIC, intrinsics(), limit, out);
          }
          out.close(']');
        });
  }

  private static void scope(String name, TreeSet<String> tags, int limit, JsonText out) {
    out.open('{').field("name", name).key("tags").open('[');
    tags.stream().limit(limit).forEach(out::text);
    out.close(']').close('}');
  }

  HttpAnswer values(HttpRequest request) throws InterruptedException {
    String name = decoded(request.pathVariable("tag"));
    Intrinsic intrinsic = Intrinsic.of(name);
    Expression.Field field =
        intrinsic == null
            ? new Expression.AttributeField(AttributeScope.ANY, name)
            : new Expression.IntrinsicField(intrinsic);
    int limit = limit(request);
    return answer(
        request,
        (query, out) -> {
          TreeSet<String> texts = new TreeSet<>();
          find(query, field, limit).forEach(value -> texts.add(value.text()));
          out.key("tagValues").open('[');
          texts.forEach(out::text);
          out.close(']');
        });
  }

  HttpAnswer typedValues(HttpRequest request) throws InterruptedException {
    Expression.Field field = field(decoded(request.pathVariable("tag")));
    int limit = limit(request);
    return answer(
        request,
        (query, out) -> {
          out.key("tagValues").open('[');
          for (TagQuery.Value value : find(query, field, limit)) {
            out.open('{').field("type", value.type()).field("value", value.text()).close('}');
          }
          out.close(']');
        });
  }

  private static List<TagQuery.Value> find(TagQuery query, Expression.Field field, int limit) {
    boolean none =
        field instanceof Expression.IntrinsicField intrinsic
            && (WITHOUT_VALUES.contains(intrinsic.intrinsic())
                || intrinsic.intrinsic().type() == Type.DURATION
                || intrinsic.intrinsic().type() == Type.INT);
    return none ? List.of() : query.values(field, limit);
  }

  /** Some clients encode the tag twice. */
  private static String decoded(String tag) {
    if (tag.indexOf('%') < 0) {
      return tag;
    }
    try {
      return URLDecoder.decode(tag.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return tag;
    }
  }

  private static Expression.Field field(String text) {
    Intrinsic intrinsic = Intrinsic.of(text);
    if (intrinsic != null) {
      return new Expression.IntrinsicField(intrinsic);
    }
    int dot = text.indexOf('.');
    for (AttributeScope scope : AttributeScope.values()) {
      if (dot >= 0 && dot < text.length() - 1 && scope.text().equals(text.substring(0, dot))) {
        return new Expression.AttributeField(scope, unquoted(text.substring(dot + 1)));
      }
    }
    throw new InvalidRequestException(
        "invalid tag name '"
            + (text.length() > 100 ? text.substring(0, 100) : text)
            + "': a TraceQL identifier such as span.name or .name is wanted");
  }

  private static String unquoted(String name) {
    boolean quoted = name.length() > 1 && name.startsWith("\"") && name.endsWith("\"");
    return quoted
        ? name.substring(1, name.length() - 1).replace("\\\"", "\"").replace("\\\\", "\\")
        : name;
  }
}
