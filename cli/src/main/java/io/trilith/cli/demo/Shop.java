package io.trilith.cli.demo;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A small shop of six services during half an hour, with one incident: for five minutes the payment
 * service's fraud check takes seconds and some orders fail. What it did is counted, so that the
 * answers can be judged.
 */
final class Shop implements AutoCloseable {
  static final Duration LENGTH = Duration.ofMinutes(30);
  static final Duration STEP = Duration.ofSeconds(30);
  private static final Duration INCIDENT_START = Duration.ofMinutes(16);
  private static final Duration INCIDENT_END = Duration.ofMinutes(21);
  private static final int REQUESTS_PER_STEP = 9;
  private static final long MILLI = 1_000_000L;
  private static final AttributeKey<Long> HTTP_STATUS = AttributeKey.longKey("http.status_code");

  private final SplittableRandom random = new SplittableRandom(20261121);
  private final VirtualClock clock;
  private final long startNanos;
  private final Map<String, Service> services = new TreeMap<>();
  private final Counts counts = new Counts();

  /** What happened, as the questions need it. */
  static final class Counts {
    int requests;
    int failures;
    int slowFailures;
    int errorLogs;
    int spans;
    int logs;
    final Map<String, Integer> byPath = new TreeMap<>();
  }

  /** How one request goes. Times in nanoseconds. */
  private record Request(String path, boolean checkout, boolean slow, boolean failed, long start) {}

  Shop(Service.Endpoint grpc, Service.Endpoint http, long startNanos) {
    this.startNanos = startNanos;
    this.clock = new VirtualClock(startNanos);
    int number = 0;
    for (String name : List.of("gateway", "catalog", "cart", "checkout", "payment", "shipping")) {
      services.put(name, new Service(name, number++ % 2 == 0 ? grpc : http, clock));
    }
  }

  Counts counts() {
    return counts;
  }

  long endNanos() {
    return startNanos + LENGTH.toNanos();
  }

  long incidentStartNanos() {
    return startNanos + INCIDENT_START.toNanos();
  }

  long incidentEndNanos() {
    return startNanos + INCIDENT_END.toNanos();
  }

  int steps() {
    return (int) LENGTH.dividedBy(STEP);
  }

  /**
   * Lives through one step and sends it. Throws IllegalStateException when an export is refused.
   */
  void step(int number) {
    long from = startNanos + number * STEP.toNanos();
    for (int i = 0; i < REQUESTS_PER_STEP; i++) {
      serve(from + i * (STEP.toNanos() / (REQUESTS_PER_STEP + 1)));
    }
    clock.set(from + STEP.toNanos());
    List<CompletableResultCode> exports = new ArrayList<>();
    services.values().forEach(service -> exports.addAll(service.export()));
    for (CompletableResultCode export : exports) {
      if (!export.join(30, TimeUnit.SECONDS).isSuccess()) {
        throw new IllegalStateException("an export of the OpenTelemetry SDK was refused");
      }
    }
  }

  private void serve(long start) {
    boolean checkout = random.nextInt(3) == 0;
    boolean incident = start >= incidentStartNanos() && start < incidentEndNanos();
    boolean slow = checkout && incident;
    boolean failed = slow ? random.nextInt(2) == 0 : random.nextInt(150) == 0;
    String path = checkout ? "/checkout" : random.nextInt(2) == 0 ? "/products" : "/products/{id}";
    Request request = new Request(path, checkout, slow, failed, start);
    counts.requests++;
    counts.byPath.merge(path, 1, Integer::sum);
    counts.failures += failed ? 1 : 0;
    clock.set(start);
    long duration = gateway(request);
    counts.slowFailures += failed && duration > 1_000 * MILLI ? 1 : 0;
  }

  private long millis(int from, int to) {
    return random.nextInt(from, to) * MILLI + random.nextInt((int) MILLI);
  }

  private Service service(String name) {
    Service service = services.get(name);
    if (service == null) {
      throw new IllegalArgumentException(name + " is not in the shop");
    }
    return service;
  }

  private long gateway(Request request) {
    Service gateway = service("gateway");
    String method = request.checkout ? "POST " : "GET ";
    Span span =
        start(gateway, method + request.path, SpanKind.SERVER, Context.root(), request.start);
    Context context = Context.root().with(span);
    long inner = request.start + millis(1, 4);
    String callee = request.checkout ? "checkout" : "catalog";
    Span call = client(gateway, callee, context, inner - MILLI / 4);
    Context inside = context.with(call);
    long end =
        request.checkout ? checkout(request, inside, inner) : catalog(request, inside, inner);
    end = finish(call, end);
    end += millis(1, 3);
    finish(gateway, span, context, request, end);
    return end - request.start;
  }

  private long catalog(Request request, Context parent, long at) {
    Service catalog = service("catalog");
    Span span = start(catalog, "catalog.list", SpanKind.SERVER, parent, at);
    Context context = parent.with(span);
    long end = query(catalog, context, at + millis(1, 2), "SELECT products", millis(2, 30));
    end += millis(1, 3);
    log(catalog, context, Severity.INFO, "listed products path=" + request.path, end);
    finish(catalog, span, context, request, end);
    return end;
  }

  private long checkout(Request request, Context parent, long at) {
    Service checkout = service("checkout");
    Span span = start(checkout, "checkout.place_order", SpanKind.SERVER, parent, at);
    span.setAttribute("order.items", random.nextInt(1, 6));
    Context context = parent.with(span);
    Span reads = client(checkout, "cart", context, at + MILLI / 2);
    long end =
        call("cart", "cart.read", request, context.with(reads), at + millis(1, 2), millis(3, 12));
    end = finish(reads, end);
    Span charge = client(checkout, "payment", context, end + MILLI / 2);
    end = finish(charge, payment(request, context.with(charge), end + millis(1, 2)));
    if (request.failed) {
      counts.errorLogs++;
      log(checkout, context, Severity.ERROR, "order failed: timeout waiting for payment", end);
    } else {
      Span quote = client(checkout, "shipping", context, end);
      Context inside = context.with(quote);
      end = call("shipping", "shipping.quote", request, inside, end + MILLI / 4, millis(5, 25));
      end = finish(quote, end);
      log(checkout, context, Severity.INFO, "order placed", end);
    }
    finish(checkout, span, context, request, end);
    return end;
  }

  private long payment(Request request, Context parent, long at) {
    Service payment = service("payment");
    Span span = start(payment, "payment.charge", SpanKind.SERVER, parent, at);
    Context context = parent.with(span);
    Span check = start(payment, "fraud-check", SpanKind.INTERNAL, context, at + millis(1, 2));
    long end = at + (request.slow ? millis(1800, 3200) : millis(8, 40));
    check.setAttribute("fraud.rules", request.slow ? 4096L : 12L);
    check.addEvent("rules loaded", at + 5 * MILLI, TimeUnit.NANOSECONDS);
    check.end(end, TimeUnit.NANOSECONDS);
    counts.spans++;
    if (request.slow) {
      log(
          payment,
          context.with(check),
          Severity.WARN,
          "fraud check slow: rule set reloaded rules=4096 ms=" + (end - at) / MILLI,
          end);
    }
    end += millis(1, 3);
    finish(payment, span, context, request, end);
    return end;
  }

  private long call(
      String name, String operation, Request request, Context parent, long at, long length) {
    Service service = service(name);
    Span span = start(service, operation, SpanKind.SERVER, parent, at);
    Context context = parent.with(span);
    long end = query(service, context, at + length / 5, "SELECT " + name, length / 2);
    finish(service, span, context, new Request(request.path, true, false, false, at), end);
    return end;
  }

  private long query(Service service, Context parent, long at, String statement, long length) {
    Span span = start(service, statement, SpanKind.CLIENT, parent, at);
    span.setAttribute("db.system", "postgresql").setAttribute("db.statement", statement);
    span.setAttribute("db.name", "shop-db");
    span.end(at + length, TimeUnit.NANOSECONDS);
    counts.spans++;
    return at + length;
  }

  /** The caller's side of a request to another service. */
  private static Span client(Service caller, String callee, Context parent, long at) {
    Span span = start(caller, "call " + callee, SpanKind.CLIENT, parent, at);
    return span.setAttribute("peer.service", callee);
  }

  /** Ends the caller's side a little after the other one; says when. */
  private long finish(Span call, long calleeEnd) {
    long end = calleeEnd + MILLI / 4;
    call.end(end, TimeUnit.NANOSECONDS);
    counts.spans++;
    return end;
  }

  private static Span start(Service service, String name, SpanKind kind, Context parent, long at) {
    return service
        .tracer()
        .spanBuilder(name)
        .setParent(parent)
        .setSpanKind(kind)
        .setStartTimestamp(at, TimeUnit.NANOSECONDS)
        .startSpan();
  }

  private void finish(Service service, Span span, Context context, Request request, long end) {
    long status = request.failed ? 504 : 200;
    span.setAttribute(HTTP_STATUS, status);
    if (request.failed) {
      span.setStatus(StatusCode.ERROR, "upstream timeout");
    }
    span.end(end, TimeUnit.NANOSECONDS);
    counts.spans++;
    clock.set(end);
    Attributes attributes =
        Attributes.of(Service.path(), request.path, Service.statusCode(), Long.toString(status));
    service.requests().add(1, attributes, context);
    service.latency().record((end - request.start) / 1e9, attributes, context);
  }

  private void log(Service service, Context context, Severity severity, String text, long at) {
    counts.logs++;
    service
        .logger()
        .logRecordBuilder()
        .setContext(context)
        .setTimestamp(at, TimeUnit.NANOSECONDS)
        .setSeverity(severity)
        .setSeverityText(severity.name())
        .setBody(text)
        .setAttribute(AttributeKey.stringKey("app"), service.name())
        .emit();
  }

  @Override
  public void close() {
    services.values().forEach(Service::close);
  }
}
