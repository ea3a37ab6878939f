package io.trilith.query.tempo;

import io.trilith.config.TraceQueryConfig;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.Decimal;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.metrics.MetricsEngine;
import io.trilith.traceql.metrics.Series;
import io.trilith.traceql.metrics.Windows;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The endpoints of TraceQL metrics. Thread-safe. */
final class MetricsApi {
  private static final long SECOND = 1_000_000_000L;
  private static final long[] NICE_STEPS = {1, 2, 5, 10, 15, 30, 60, 300, 900, 1800, 3600, 7200};

  /** What is said when series were left out. */
  private static final String PARTIAL = "maxSeries reached";

  private final TempoQueries queries;
  private final TraceQueryConfig config;
  private final InstantSource clock;

  MetricsApi(TempoQueries queries, TraceQueryConfig config, InstantSource clock) {
    this.queries = queries;
    this.config = config;
    this.clock = clock;
  }

  private Parameters.Range range(Question request) {
    long now = Math.multiplyExact(clock.millis(), 1_000_000L);
    long end = request.parameter("end").map(text -> Parameters.time("end", text)).orElse(now);
    long since =
        request
            .parameter("since")
            .map(text -> Parameters.duration("since", text))
            .orElse(3600 * SECOND);
    long start =
        request.parameter("start").map(text -> Parameters.time("start", text)).orElse(end - since);
    if (start >= end) {
      throw new InvalidRequestException("invalid start: it must be before end");
    }
    Parameters.Range range = new Parameters.Range(start, end);
    Parameters.checkLength(
        range,
        config.metricsRangeMax(),
        "metrics query time range exceeds the maximum allowed duration of ");
    return range;
  }

  private TraceQuery.Series query(Question request) {
    Optional<String> text = request.parameter("q").or(() -> request.parameter("query"));
    if (text.isEmpty()) {
      throw new InvalidRequestException("invalid q: a TraceQL metrics query is wanted");
    }
    return switch (TempoApi.parse(text.get(), config)) {
      case TraceQuery.Series series -> series;
      case TraceQuery.Search _ ->
          throw new InvalidRequestException(
              "invalid TraceQL query: not a metrics query; add a function such as rate()");
    };
  }

  /**
   * What a question comes to.
   *
   * @param lacks why it may not be all
   */
  record Answer(List<Series> series, Windows windows, boolean instant, List<String> lacks) {
    boolean partial() {
      return !lacks.isEmpty();
    }

    /** Why it is partial. */
    String message() {
      return String.join("; ", lacks);
    }

    /** The series that are shown. */
    List<Series> shown() {
      return instant
          ? series.stream().filter(one -> Double.isFinite(one.values()[1])).toList()
          : series;
    }
  }

  private TempoQueries.Evaluation<Answer> evaluation(Question request, boolean instant) {
    TraceQuery.Series query = query(request);
    Parameters.Range range = range(request);
    Windows windows =
        instant ? Windows.instant(range.start(), range.end()) : windows(request, range);
    MetricsEngine.Limits limits =
        new MetricsEngine.Limits(
            config.seriesMax(),
            instant ? 0 : exemplars(request, query),
            config.traceSpansMax(),
            config.spansExaminedMax());
    int max = Parameters.integer(request, "maxSeries", 0, 0, Integer.MAX_VALUE);
    return (reader, context) -> {
      List<Series> series = MetricsEngine.run(query.metrics(), reader, windows, limits, context);
      boolean partial = max > 0 && series.size() > max;
      List<String> lacks = new ArrayList<>(reader.warnings());
      if (partial) {
        lacks.add(PARTIAL);
      }
      return new Answer(partial ? series.subList(0, max) : series, windows, instant, lacks);
    };
  }

  HttpAnswer answer(HttpRequest request, boolean instant) throws IOException, InterruptedException {
    TempoQueries.Evaluation<Answer> evaluation = evaluation(request::parameter, instant);
    return queries.run(
        request,
        (reader, context) -> {
          Answer answer = evaluation.apply(reader, context);
          JsonText out = new JsonText(context.budget());
          write(answer, out);
          return out.answer(200);
        });
  }

  /** Emits the answer, in messages of a size that clients take. */
  void stream(TenantId tenant, Question question, boolean instant, GrpcStreamHandler.Emitter out)
      throws IOException, InterruptedException {
    TempoQueries.Evaluation<Answer> evaluation = evaluation(question, instant);
    queries.stream(
        tenant,
        out::cancelled,
        (reader, context) -> {
          out.emit(SearchProto.begun());
          MetricsProto.emit(evaluation.apply(reader, context), context.budget(), out);
        });
  }

  private Windows windows(Question request, Parameters.Range range) {
    long length = range.end() - range.start();
    long step =
        request.parameter("step").map(MetricsApi::step).orElseGet(() -> defaultStep(length));
    if (length / step + 2 > config.pointsMax()) {
      throw new InvalidRequestException(
          "invalid step: it makes more than "
              + config.pointsMax()
              + " points per series; use a larger step or a shorter range");
    }
    return Windows.range(range.start(), range.end(), step);
  }

  /** Seconds or a duration. */
  private static long step(String text) {
    Optional<BigDecimal> seconds =
        text.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '.')
            ? Decimal.parse(text)
            : Optional.empty();
    long nanos =
        seconds.isPresent()
            ? seconds
                .get()
                .multiply(BigDecimal.valueOf(SECOND))
                .min(BigDecimal.valueOf(Long.MAX_VALUE / 4))
                .longValue()
            : Parameters.duration("step", text);
    if (nanos <= 0 || nanos > Long.MAX_VALUE / 4) {
      throw Parameters.invalid("step", text, "it must be greater than 0");
    }
    return nanos;
  }

  /** About 240 points, at round times. */
  static long defaultStep(long length) {
    long wanted = length / 240;
    if (wanted < SECOND) {
      long unit = 50_000_000L;
      return Math.max(unit, (wanted + unit - 1) / unit * unit);
    }
    long step = SECOND;
    for (long nice : NICE_STEPS) {
      step = nice * SECOND <= wanted ? nice * SECOND : step;
    }
    return step;
  }

  private int exemplars(Question request, TraceQuery.Series query) {
    int asked = Parameters.integer(request, "exemplars", 0, 0, Integer.MAX_VALUE);
    int wanted = asked == 0 ? config.exemplarsMax() : asked;
    Static hint = query.hints().get("exemplars");
    if (hint instanceof Static.Int number) {
      wanted = Math.clamp(number.value(), 0, Integer.MAX_VALUE);
    } else if (hint instanceof Static.Bool bool && !bool.value()) {
      wanted = 0;
    }
    return Math.min(wanted, config.exemplarsMax());
  }

  private static void write(Answer answer, JsonText out) {
    out.open('{').key("series").open('[');
    for (Series one : answer.shown()) {
      out.open('{').key("labels").open('[');
      one.labels().forEach(label -> label(label.name(), label.value(), out));
      out.close(']');
      if (answer.instant()) {
        out.key("value").number(one.values()[1]);
      } else {
        samples(one, answer.windows(), out);
      }
      out.close('}');
    }
    out.close(']').key("metrics").open('{').close('}');
    if (answer.partial()) {
      out.field("status", "PARTIAL").field("message", answer.message());
    }
    out.close('}');
  }

  private static void samples(Series series, Windows windows, JsonText out) {
    out.key("samples").open('[');
    for (int i = 0; i < series.values().length; i++) {
      if (Double.isFinite(series.values()[i])) {
        out.open('{').key("timestampMs").long64(windows.timeMillis(i));
        out.key("value").number(series.values()[i]).close('}');
      }
    }
    out.close(']').key("exemplars").open('[');
    for (Series.Exemplar exemplar : series.exemplars()) {
      out.open('{').key("labels").open('[');
      label("trace:id", new Static.Text(exemplar.traceId().hex()), out);
      series.labels().stream()
          .filter(label -> !label.name().equals("__name__"))
          .forEach(label -> label(label.name(), label.value(), out));
      out.close(']').key("value").number(exemplar.value());
      out.key("timestampMs").long64(exemplar.timeMillis()).close('}');
    }
    out.close(']');
  }

  private static void label(String name, Static value, JsonText out) {
    out.open('{').field("key", name).key("value");
    SearchJson.value(value, out);
    out.close('}');
  }
}
