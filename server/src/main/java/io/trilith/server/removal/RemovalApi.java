package io.trilith.server.removal;

import io.trilith.compactor.Deletions;
import io.trilith.config.Scope;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.net.Routes;
import io.trilith.net.ScopedRoutes;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.flush.StorageClock;
import io.trilith.storage.model.Signal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Requests that remove data, as Prometheus and Loki have them, and those of our own for all
 * signals.
 */
public final class RemovalApi {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int BY_MAX = 200;

  private final RemovalAnswers answers;
  private final Deletions deletions;
  private final StorageClock clock;

  public RemovalApi(RemovalAnswers answers) {
    this.answers = answers;
    this.deletions = answers.deletions();
    this.clock = answers.clock();
  }

  public void register(Routes routes) {
    ScopedRoutes deletes = routes.needs(Scope.DELETE);
    ScopedRoutes admin = routes.needs(Scope.ADMIN);
    for (String prefix : List.of("/api/v1", "/prometheus/api/v1")) {
      String series = prefix + "/admin/tsdb/delete_series";
      deletes.post(series, guard(this::deleteSeries)).put(series, guard(this::deleteSeries));
      String clean = prefix + "/admin/tsdb/clean_tombstones";
      deletes.post(clean, guard(this::rewrite)).put(clean, guard(this::rewrite));
    }
    for (String prefix : List.of("/loki/api/v1", "/loki/loki/api/v1")) {
      String path = prefix + "/delete";
      deletes.post(path, this::deleteLogs).put(path, this::deleteLogs);
      deletes.get(path, this::lokiList).delete(path, this::lokiCancel);
    }
    for (String prefix : List.of("", "/tempo")) {
      deletes.delete(prefix + "/api/traces", this::deleteTraces);
    }
    deletes.post("/api/v1/admin/delete", guard(this::create));
    deletes.get("/api/v1/admin/delete", guard(this::list));
    deletes.get("/api/v1/admin/delete/{id}", guard(this::status));
    deletes.delete("/api/v1/admin/delete/{id}", guard(this::cancel));
    admin.get("/api/v1/admin/restore", guard(this::restorable));
    admin.post("/api/v1/admin/restore", guard(this::restore));
    ScopedRoutes open = admin.open();
    open.get("/admin/retention/plan", guard(_ -> ok(answers.plan())));
    open.post(
        "/admin/retention/run", guard(request -> ok(answers.run(isTrue(request, "confirm")))));
    open.post("/admin/retention/undo", guard(_ -> ok(answers.undo())));
    open.get("/admin/retention/log", guard(_ -> ok(answers.history())));
  }

  /** A handler whose errors look as those of Prometheus. */
  private static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (InvalidRequestException e) {
        return error(400, "bad_data", e);
      } catch (LimitExceededException e) {
        return error(e.retryable() ? 503 : 422, e.retryable() ? "unavailable" : "execution", e);
      } catch (StorageException.Unavailable e) {
        return error(503, "unavailable", e);
      }
    };
  }

  private static HttpAnswer error(int status, String type, RuntimeException cause)
      throws IOException {
    return json(
        status,
        json -> {
          json.beginObject().name("status").value("error").name("errorType").value(type);
          json.name("error").value(String.valueOf(cause.getMessage())).endObject();
        });
  }

  /** Writes an answer. */
  @FunctionalInterface
  private interface Content {
    void write(JsonWriter json) throws IOException;
  }

  private static HttpAnswer json(int status, Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    content.write(json);
    json.flush();
    return new HttpAnswer.Whole(
        status, Map.of("content-type", "application/json; charset=utf-8"), bytes.toByteArray());
  }

  private static HttpAnswer ok(String answer) {
    return HttpAnswer.json(200, answer);
  }

  private static long time(HttpRequest request, String name, long unset) {
    return request.parameter(name).map(text -> RemovalTimes.seconds(name, text)).orElse(unset);
  }

  private long nowNanos() {
    return clock.system().millis() * NANOS_PER_MILLI + NANOS_PER_MILLI - 1;
  }

  private HttpAnswer deleteSeries(HttpRequest request) {
    List<String> selectors = request.parameters("match[]");
    if (selectors.isEmpty()) {
      throw new InvalidRequestException("no match[] parameter provided");
    }
    long from = time(request, "start", Long.MIN_VALUE);
    long to = time(request, "end", Long.MAX_VALUE);
    Deletion made =
        deletions.create(
            request.tenant(), List.of(DeletionRequest.metrics(selectors, from, to)), by(request));
    return new HttpAnswer.Whole(204, Map.of("x-deletion-id", made.id()), new byte[0]);
  }

  /** For those that are due. */
  private HttpAnswer rewrite(HttpRequest request) {
    deletions.run();
    return HttpAnswer.empty(204);
  }

  private HttpAnswer deleteLogs(HttpRequest request) {
    String query =
        request.parameter("query").orElseThrow(() -> new InvalidRequestException("query not set"));
    long from =
        RemovalTimes.lokiNanos(
            "start",
            request
                .parameter("start")
                .orElseThrow(() -> new InvalidRequestException("start time not set")));
    long to =
        request
            .parameter("end")
            .map(text -> RemovalTimes.lokiNanos("end", text))
            .orElseGet(this::nowNanos);
    Deletion made =
        deletions.create(
            request.tenant(),
            List.of(new Deletions.Ask(Signal.LOGS, List.of(query), from, to)),
            by(request));
    return new HttpAnswer.Whole(204, Map.of("x-deletion-id", made.id()), new byte[0]);
  }

  /** As Loki lists them: times in seconds. */
  private HttpAnswer lokiList(HttpRequest request) throws IOException {
    List<Deletion> all = deletions.list(request.tenant());
    return json(
        200,
        json -> {
          json.beginArray();
          for (Deletion deletion : all) {
            for (Deletion.Part part : deletion.parts()) {
              if (part.signal() == Signal.LOGS) {
                json.beginObject();
                json.name("request_id").value(deletion.id());
                json.name("start_time").value(lokiSeconds(part.minTime()));
                json.name("end_time").value(lokiSeconds(part.maxTime()));
                json.name("query").value(part.selectors().getFirst());
                json.name("status").value(lokiStatus(deletion));
                json.name("created_at")
                    .raw(BigDecimal.valueOf(deletion.createdMillis(), 3).toPlainString());
                json.endObject();
              }
            }
          }
          json.endArray();
        });
  }

  private static String lokiStatus(Deletion deletion) {
    return deletion.isCompleted()
        ? "processed"
        : deletion.ended().cancelled() ? "cancelled" : "received";
  }

  private static long lokiSeconds(long nanos) {
    return Math.floorDiv(nanos, 1_000_000_000L);
  }

  private HttpAnswer lokiCancel(HttpRequest request) {
    String id =
        request
            .parameter("request_id")
            .orElseThrow(() -> new InvalidRequestException("request_id not set"));
    deletions.cancel(request.tenant(), id, isTrue(request, "force"), by(request));
    return HttpAnswer.empty(204);
  }

  private HttpAnswer deleteTraces(HttpRequest request) throws IOException {
    String query =
        request
            .parameter("q")
            .orElseThrow(() -> new InvalidRequestException("parameter q (TraceQL) is not set"));
    long from = time(request, "start", Long.MIN_VALUE);
    long to = time(request, "end", nowNanos());
    Deletion made =
        deletions.create(
            request.tenant(),
            List.of(new Deletions.Ask(Signal.TRACES, List.of(query), from, to)),
            by(request));
    return json(202, json -> json.beginObject().name("id").value(made.id()).endObject());
  }

  /** Who asks: the credential's name, or where there is none what the request says. */
  private static String by(HttpRequest request) {
    if (request.caller().isKnown()) {
      return request.caller().name();
    }
    String by =
        request.parameter("by").orElseGet(() -> request.header("user-agent").orElse("not told"));
    return by.length() > BY_MAX ? by.substring(0, BY_MAX) : by;
  }

  private static boolean isTrue(HttpRequest request, String name) {
    return request.parameter(name).map("true"::equals).orElse(false);
  }

  /** One subject in all signals: metrics, logs and traces may be given several times. */
  private HttpAnswer create(HttpRequest request) {
    DeletionRequest wanted =
        new DeletionRequest(
            request.parameters("metrics"),
            request.parameters("logs"),
            request.parameters("traces"),
            time(request, "start", Long.MIN_VALUE),
            time(request, "end", Long.MAX_VALUE));
    boolean dryRun = isTrue(request, "dry-run");
    return ok(answers.create(request.tenant(), wanted, dryRun, by(request)));
  }

  private HttpAnswer list(HttpRequest request) {
    return ok(answers.list(request.tenant()));
  }

  private HttpAnswer status(HttpRequest request) throws IOException {
    String id = request.pathVariable("id");
    Optional<String> known = answers.status(request.tenant(), id);
    return known.isPresent()
        ? ok(known.get())
        : error(404, "not_found", new InvalidRequestException("deletion " + id + " is not known"));
  }

  private HttpAnswer cancel(HttpRequest request) {
    String id = request.pathVariable("id");
    return ok(answers.cancel(request.tenant(), id, isTrue(request, "force"), by(request)));
  }

  private HttpAnswer restorable(HttpRequest request) {
    return ok(answers.restorable(request.tenant()));
  }

  private HttpAnswer restore(HttpRequest request) {
    return ok(answers.restore(request.tenant(), request.parameters("block")));
  }
}
