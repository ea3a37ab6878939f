package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.traceql.ast.AttributeScope;
import io.trilith.traceql.ast.Expression;
import io.trilith.traceql.ast.Intrinsic;
import io.trilith.traceql.ast.Type;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
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

  /** What a query finds. */
  private interface Find<T> {
    T in(TagQuery query);
  }

  /** Writes what was found. */
  private interface Write<T> {
    void json(T found, JsonText out);
  }

  private <T> HttpAnswer answer(HttpRequest request, Find<T> find, Write<T> write)
      throws IOException, InterruptedException {
    TempoQueries.Evaluation<T> evaluation = evaluation(request::parameter, find);
    return queries.run(
        request,
        (reader, context) -> {
          JsonText out = new JsonText(context.budget()).open('{');
          write.json(evaluation.apply(reader, context), out);
          out.key("metrics").open('{').close('}').close('}');
          return out.answer(200);
        });
  }

  private <T> TempoQueries.Evaluation<T> evaluation(Question question, Find<T> find) {
    Parameters.Range range = Parameters.optionalRange(question);
    String filter = question.parameter("q").orElse("");
    return (reader, context) -> find.in(new TagQuery(reader, range, filter, config, context));
  }

  /** Emits one message with what is found. */
  private <T> void stream(
      TenantId tenant,
      Question question,
      Find<T> find,
      BiConsumer<T, ProtoWriter> write,
      GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    TempoQueries.Evaluation<T> evaluation = evaluation(question, find);
    queries.stream(
        tenant,
        out::cancelled,
        (reader, context) -> {
          ProtoWriter message = new ProtoWriter();
          write.accept(evaluation.apply(reader, context), message);
          // The metrics: one job of one, done.
          int metrics = message.begin(2);
          message.varint(2, 1).varint(3, 1).varint(4, 1).end(metrics);
          out.emit(message.toBytes());
        });
  }

  /** What the scope parameter asks for; both are absent for everything. */
  private record Wanted(@Nullable AttributeScope scope, boolean intrinsic, boolean all) {}

  private static Wanted wanted(Question request) {
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

  private int limit(Question request) {
    int limit = Parameters.integer(request, "limit", 0, 0, Integer.MAX_VALUE);
    return limit == 0 ? config.tagsMax() : Math.min(limit, config.tagsMax());
  }

  /** Names, without their scopes. */
  private Find<List<String>> names(Question request) {
    Wanted wanted = wanted(request);
    int limit = limit(request);
    return query -> {
      TreeSet<String> names = new TreeSet<>();
      if (wanted.intrinsic()) {
        names.addAll(intrinsics());
      } else {
        query.names(wanted.scope()).values().forEach(names::addAll);
      }
      return names.stream().limit(limit).toList();
    };
  }

  HttpAnswer names(HttpRequest request) throws IOException, InterruptedException {
    return answer(
        request,
        names(request::parameter),
        (names, out) -> {
          out.key("tagNames").open('[');
          names.forEach(out::text);
          out.close(']');
        });
  }

  void names(TenantId tenant, Question question, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    stream(
        tenant,
        question,
        names(question),
        (names, message) -> names.forEach(name -> message.string(1, name)),
        out);
  }

  /** Names by scope, in the order of the answer. */
  private Find<Map<String, List<String>>> scopedNames(Question request) {
    Wanted wanted = wanted(request);
    int limit = limit(request);
    return query -> {
      Map<String, List<String>> scopes = new LinkedHashMap<>();
      if (!wanted.intrinsic()) {
        query
            .names(wanted.scope())
            .forEach(
                (scope, names) -> scopes.put(scope.text(), names.stream().limit(limit).toList()));
      }
      if (wanted.intrinsic() || wanted.all()) {
        scopes.put(INTRINSIC, intrinsics().stream().limit(limit).toList());
      }
      return scopes;
    };
  }

  HttpAnswer scopedNames(HttpRequest request) throws IOException, InterruptedException {
    return answer(
        request,
        scopedNames(request::parameter),
        (scopes, out) -> {
          out.key("scopes").open('[');
          scopes.forEach(
              (name, tags) -> {
                out.open('{').field("name", name).key("tags").open('[');
                tags.forEach(out::text);
                out.close(']').close('}');
              });
          out.close(']');
        });
  }

  void scopedNames(TenantId tenant, Question question, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    stream(
        tenant,
        question,
        scopedNames(question),
        (scopes, message) ->
            scopes.forEach(
                (name, tags) -> {
                  int scope = message.begin(1);
                  message.string(1, name);
                  tags.forEach(tag -> message.string(2, tag));
                  message.end(scope);
                }),
        out);
  }

  /** The distinct texts of a tag that has no scope. */
  private Find<Collection<String>> values(String tag, Question request) {
    Intrinsic intrinsic = Intrinsic.of(tag);
    Expression.Field field =
        intrinsic == null
            ? new Expression.AttributeField(AttributeScope.ANY, tag)
            : new Expression.IntrinsicField(intrinsic);
    int limit = limit(request);
    return query -> {
      TreeSet<String> texts = new TreeSet<>();
      find(query, field, limit).forEach(value -> texts.add(value.text()));
      return texts;
    };
  }

  HttpAnswer values(HttpRequest request) throws IOException, InterruptedException {
    return answer(
        request,
        values(decoded(request.pathVariable("tag")), request::parameter),
        (texts, out) -> {
          out.key("tagValues").open('[');
          texts.forEach(out::text);
          out.close(']');
        });
  }

  void values(TenantId tenant, String tag, Question question, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    stream(
        tenant,
        question,
        values(tag, question),
        (texts, message) -> texts.forEach(text -> message.string(1, text)),
        out);
  }

  private Find<List<TagQuery.Value>> typedValues(String tag, Question request) {
    Expression.Field field = field(tag);
    int limit = limit(request);
    return query -> find(query, field, limit);
  }

  HttpAnswer typedValues(HttpRequest request) throws IOException, InterruptedException {
    return answer(
        request,
        typedValues(decoded(request.pathVariable("tag")), request::parameter),
        (values, out) -> {
          out.key("tagValues").open('[');
          for (TagQuery.Value value : values) {
            out.open('{').field("type", value.type()).field("value", value.text()).close('}');
          }
          out.close(']');
        });
  }

  void typedValues(TenantId tenant, String tag, Question question, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    stream(
        tenant,
        question,
        typedValues(tag, question),
        (values, message) -> {
          for (TagQuery.Value value : values) {
            int nested = message.begin(1);
            message.string(1, value.type()).string(2, value.text()).end(nested);
          }
        },
        out);
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
