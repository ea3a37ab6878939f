package io.trilith.rules.slo;

import com.google.re2j.Pattern;
import io.trilith.config.Scope;
import io.trilith.engine.Admission;
import io.trilith.engine.QueryContext;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.query.json.JsonWriter;
import io.trilith.query.prometheus.Envelope;
import io.trilith.query.prometheus.PrometheusApi;
import io.trilith.rules.file.RuleYaml;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.GoNumber;
import io.trilith.storage.text.Rfc3339;
import io.trilith.tsdb.SeriesReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What is told of SLOs: {@code /api/v1/slos} and {@code /api/v1/slos/{id}/budget}, with {@code
 * objective=} for another objective over the same events. Thread-safe.
 */
public final class SlosApi {
  private static final Pattern PERCENT = Pattern.compile("[0-9]{1,2}(\\.[0-9]{1,12})?");
  private static final int OFFENDERS_USUAL = 10;
  private static final int OFFENDERS_MAX = 1000;
  private static final long NANOS = 1_000_000;

  private final Slos slos;

  public SlosApi(Slos slos) {
    this.slos = slos;
  }

  public void register(Routes routes) {
    for (String prefix : PrometheusApi.PREFIXES) {
      ScopedRoutes reads = routes.needs(Scope.READ_METRICS);
      reads.read(prefix + "/slos", Envelope.guard(this::list));
      reads.read(prefix + "/slos/{id}/budget", Envelope.guard(this::budget));
    }
  }

  /** What is done when a request has its turn. */
  private interface Question<T> {
    T answer(QueryContext context);
  }

  private <T> T ask(HttpRequest request, Question<T> question) throws InterruptedException {
    Admission.Turn turn =
        slos.sources().admission().enter(request.tenant(), request.path(), request::cancelled);
    request.onEnd(turn::close);
    try {
      return question.answer(turn.context());
    } finally {
      turn.evaluated();
    }
  }

  private static HttpAnswer notFound(String id) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("status").value("error").name("errorType").value("not_found");
    json.name("error")
        .value("there is no SLO '" + id + "'; /api/v1/slos lists those there are")
        .endObject();
    json.flush();
    return HttpAnswer.bytes(404, "application/json; charset=utf-8", bytes.toByteArray());
  }

  private HttpAnswer list(HttpRequest request) throws InterruptedException {
    long time = time(request);
    List<SloProgress> all = slos.of(request.tenant());
    List<Budget> budgets =
        ask(
            request,
            context ->
                all.stream()
                    .map(
                        one -> {
                          EventSteps steps = steps(one.slo(), request, time, context);
                          return Budget.of(one.slo(), one.slo().objective(), steps);
                        })
                    .toList());
    return Envelope.success(
        json -> {
          json.beginObject().name("slos").beginArray();
          for (int i = 0; i < all.size(); i++) {
            json.beginObject();
            describe(json, all.get(i), all.get(i).slo().objective());
            figures(json, budgets.get(i));
            json.endObject();
          }
          json.endArray().endObject();
        });
  }

  private HttpAnswer budget(HttpRequest request) throws InterruptedException, IOException {
    String id = request.pathVariable("id");
    SloProgress found = slos.find(request.tenant(), id);
    if (found == null) {
      return notFound(id);
    }
    long time = time(request);
    BigDecimal objective = objective(request, found.slo());
    int limit = limit(request);
    record Answer(Budget budget, Offenders.Found offenders) {}
    Answer answer =
        ask(
            request,
            context -> {
              EventSteps steps = steps(found.slo(), request, time, context);
              Budget budget = Budget.of(found.slo(), objective, steps);
              Offenders offenders =
                  new Offenders(found.slo(), request.tenant(), slos.sources(), context, limit);
              return new Answer(budget, offenders.find(steps, budget.start()));
            });
    return Envelope.success(
        json -> {
          json.beginObject();
          describe(json, found, objective);
          figures(json, answer.budget());
          burns(json, answer.budget());
          excluded(json, answer.budget());
          offenders(json, answer.offenders());
          json.endObject();
        });
  }

  private EventSteps steps(Slo slo, HttpRequest request, long time, QueryContext context) {
    long step = slo.stepMillis();
    long last = Math.floorDiv(time, step) * step;
    long start = Math.min(slo.window().start(last), last - Budget.reach());
    EventSteps steps = EventSteps.between(start, last, step);
    context.budget().addBytes(2L * steps.size() * EventSteps.STEP_BYTES);
    context.budget().addSamples(2L * steps.size());
    TenantId tenant = request.tenant();
    try (SeriesReader reader = slos.sources().readers().series().apply(tenant)) {
      EventSeries.read(slo, steps, reader, context.budget()::addBytes);
      reader.warnings().forEach(request::warn);
    }
    return steps;
  }

  private long time(HttpRequest request) {
    String text = request.parameter("time").orElse("");
    if (text.isEmpty()) {
      return slos.clock().millis();
    }
    OptionalDouble seconds = GoNumber.real(text);
    if (seconds.isPresent() && Math.abs(seconds.getAsDouble()) < 1e11) {
      return Math.round(seconds.getAsDouble() * 1000);
    }
    return Rfc3339.parse(text)
        .map(Instant::toEpochMilli)
        .orElseThrow(
            () ->
                new InvalidRequestException(
                    "invalid parameter \"time\": '"
                        + text
                        + "' is neither unix seconds nor RFC 3339"));
  }

  private static BigDecimal objective(HttpRequest request, Slo slo) {
    String text = request.parameter("objective").orElse("");
    if (text.isEmpty()) {
      return slo.objective();
    }
    if (!PERCENT.matcher(text).matches() || new BigDecimal(text).signum() == 0) {
      throw new InvalidRequestException(
          "invalid parameter \"objective\": '"
              + text
              + "' is no percentage above 0 and below 100, such as 99.9");
    }
    return new BigDecimal(text).stripTrailingZeros();
  }

  private static int limit(HttpRequest request) {
    String text = request.parameter("offenders").orElse("");
    OptionalLong number = GoNumber.whole(text);
    if (text.isEmpty()) {
      return OFFENDERS_USUAL;
    }
    if (number.isEmpty() || number.getAsLong() < 0 || number.getAsLong() > OFFENDERS_MAX) {
      throw new InvalidRequestException(
          "invalid parameter \"offenders\": '"
              + text
              + "' is no number between 0 and "
              + OFFENDERS_MAX);
    }
    return (int) number.getAsLong();
  }

  private static void describe(JsonWriter json, SloProgress progress, BigDecimal objective)
      throws IOException {
    Slo slo = progress.slo();
    json.name("id").value(slo.id()).name("service").value(slo.service());
    json.name("name").value(slo.name()).name("description").value(slo.description());
    json.name("objective").value(objective.toPlainString());
    if (objective.compareTo(slo.objective()) != 0) {
      json.name("whatIf").value(true);
      json.name("configuredObjective").value(slo.objective().toPlainString());
    }
    json.name("method").value(slo.method().text());
    json.name("language").value(slo.sli().language().text());
    json.name("minimumEvents").value(slo.minimumEvents());
    json.name("labels");
    texts(json, slo.labels());
    json.name("file").value(slo.file()).name("line").value(slo.line());
    json.name("revision").value(slo.revision());
    json.name("backfilled").value(progress.complete());
    if (!progress.error().isEmpty()) {
      json.name("lastError").value(progress.error());
    }
  }

  private static void texts(JsonWriter json, Map<String, String> texts) throws IOException {
    json.beginObject();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      json.name(text.getKey()).value(text.getValue());
    }
    json.endObject();
  }

  private static void figures(JsonWriter json, Budget budget) throws IOException {
    SloWindow window = budget.slo().window();
    json.name("window").beginObject();
    json.name("type").value(window instanceof SloWindow.Calendar ? "calendar" : "rolling");
    json.name("duration").value(window.text());
    json.name("start").value(Offenders.time(budget.start()));
    json.name("end").value(Offenders.time(budget.end())).endObject();
    json.name("time").value(Offenders.time(budget.time()));
    json.name("events");
    counts(json, budget.counts());
    json.name("budget").beginObject();
    json.name("ratio").value(Slo.budgetRatio(budget.objective()).toPlainString());
    number(json, "allowed", budget.allowed());
    number(json, "remainingEvents", budget.allowed() - budget.counts().bad());
    number(json, "remaining", budget.remaining());
    json.endObject();
    json.name("forecast").beginObject();
    json.name("exhausted").value(budget.exhausted()).name("exhaustedAt");
    OptionalLong at = budget.exhaustedAt();
    if (at.isPresent()) {
      json.value(Offenders.time(at.getAsLong()));
    } else {
      json.raw("null");
    }
    json.name("assumes")
        .value("traffic of the last " + RuleYaml.duration(Budget.BASIS_MILLIS) + " goes on");
    json.endObject();
    json.name("uncountedSteps").value(budget.missing());
    json.name("stepSeconds").value(budget.slo().stepMillis() / 1000);
  }

  private static void counts(JsonWriter json, Budget.Counts counts) throws IOException {
    json.beginObject();
    number(json, "good", counts.good());
    number(json, "bad", counts.bad());
    number(json, "total", counts.total());
    json.endObject();
  }

  private static void number(JsonWriter json, String name, double value) throws IOException {
    json.name(name).raw(FloatText.json(value));
  }

  private static void burns(JsonWriter json, Budget budget) throws IOException {
    json.name("burn").beginArray();
    for (Budget.Burn burn : budget.burns()) {
      json.beginObject().name("window").value(RuleYaml.duration(burn.millis()));
      number(json, "rate", burn.rate());
      number(json, "errorRatio", burn.counts().badRatio());
      json.name("events");
      counts(json, burn.counts());
      json.endObject();
    }
    json.endArray();
  }

  private static void excluded(JsonWriter json, Budget budget) throws IOException {
    json.name("excluded").beginArray();
    for (Budget.Excluded one : budget.excluded()) {
      json.beginObject().name("from").value(Offenders.time(one.start()));
      json.name("to").value(Offenders.time(one.end()));
      json.name("reason").value(one.reason()).endObject();
    }
    json.endArray();
  }

  private static void offenders(JsonWriter json, Offenders.Found found) throws IOException {
    json.name("offenders").beginObject().name("steps").beginArray();
    for (Offenders.Step step : found.steps()) {
      json.beginObject().name("from").value(Offenders.time(step.start()));
      json.name("to").value(Offenders.time(step.end()));
      number(json, "bad", step.bad());
      number(json, "total", step.total());
      json.endObject();
    }
    json.endArray().name("traces").beginArray();
    for (Offenders.FoundTrace trace : found.traces()) {
      json.beginObject().name("traceID").value(trace.id()).name("name").value(trace.name());
      json.name("time").value(Offenders.time(trace.millis()));
      number(json, "value", trace.value());
      json.endObject();
    }
    json.endArray().name("lines").beginArray();
    for (Offenders.FoundLine line : found.lines()) {
      json.beginObject();
      json.name("time").value(Offenders.time(Math.floorDiv(line.nanos(), NANOS)));
      json.name("timestamp").value(Long.toString(line.nanos())).name("labels");
      texts(json, line.labels());
      json.name("line").value(line.line()).endObject();
    }
    json.endArray();
    if (!found.note().isEmpty()) {
      json.name("note").value(found.note());
    }
    json.endObject();
  }
}
