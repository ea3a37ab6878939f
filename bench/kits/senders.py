#!/usr/bin/env python3
"""Real senders of metrics and what Trilith keeps of it: no series and no sample is lost unsaid. Counts at both ends.

    bench/kits/senders.py --trilith cli/target/trilith/bin/trilith [--prometheus PATH] [--js DIRECTORY] [--java DIRECTORY] [--seconds 30]

--prometheus  3.0 or later: scrapes itself and writes on by remote write 1.0 and 2.0 to a tenant each; series and samples must be as many.
--js          where `npm install @opentelemetry/api @opentelemetry/resources @opentelemetry/sdk-metrics
              @opentelemetry/exporter-metrics-otlp-http @opentelemetry/exporter-metrics-otlp-proto` was done.
--java        where opentelemetry-javaagent*.jar, opentelemetry-api-*.jar and opentelemetry-context-*.jar are (`mvn dependency:copy`).

The OTLP senders are two replicas with two scopes of the same metric names: without service.instance.id and without labels of scopes, where
points of one request meet in one series; and with both, where none do. A proxy between counts what is sent and what the answers refuse.
What must hold: samples sent = samples stored + samples of points told in a partial_success.
"""

import argparse
import collections
import glob
import gzip
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from differential import free_port, start

NATIVE = 'count(histogram_count(label_replace(last_over_time({__name__=~".+"}[1h]), "n", "$1", "__name__", "(.+)")))'
HERE = os.path.dirname(os.path.abspath(__file__))
JAVA = """
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.*;

public class Sender {
  public static void main(String[] args) throws Exception {
    for (var scope : new String[] {"scope.a", "scope.b"}) {
      var meter = GlobalOpenTelemetry.get().meterBuilder(scope).setInstrumentationVersion("1.0").build();
      var requests = meter.counterBuilder("requests").build();
      var latency = meter.histogramBuilder("latency").setUnit("s").build();
      meter.gaugeBuilder("queue.size").buildWithCallback(m -> m.record(scope.hashCode(), Attributes.of(AttributeKey.stringKey("queue"), "q")));
      var thread = new Thread(() -> {
        while (true) {
          for (var route : new String[] {"/", "/a", "/b"}) {
            var at = Attributes.of(AttributeKey.stringKey("route"), route);
            requests.add(scope.equals("scope.a") ? 1 : 2, at);
            latency.record(Math.random(), at);
          }
          try { Thread.sleep(50); } catch (InterruptedException e) { return; }
        }
      });
      thread.setDaemon(true);
      thread.start();
    }
    Thread.sleep(Long.parseLong(args[0]) * 1000);
  }
}
"""


# OTLP, just enough to count.


def fields(data):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        else:
            size = {1: 8, 5: 4}.get(tag & 7) or varint()
            yield tag >> 3, data[at : at + size]
            at += size


def inner(data, number):
    return [value for key, value in fields(data) if key == number]


KINDS = {5: "gauge", 7: "sum", 9: "histogram", 10: "exponentialHistogram", 11: "summary"}
ATTRIBUTES = {"gauge": 7, "sum": 7, "histogram": 9, "exponentialHistogram": 1, "summary": 7}


def proto_points(body):
    """(resource, scope, name, kind, attributes, milliseconds, value, samples) of each point."""
    for resource_metrics in inner(body, 1):
        resource = b"".join(inner(resource_metrics, 1))
        for scope_metrics in inner(resource_metrics, 2):
            scope = b"".join(inner(scope_metrics, 1))
            for metric in inner(scope_metrics, 2):
                for number, one in fields(metric):
                    kind = KINDS.get(number)
                    for point in inner(one, 1) if kind else ():
                        size = {"histogram": 3 + sum(len(b) // 8 if isinstance(b, bytes) else 1 for b in inner(point, 7)),
                                "summary": 2 + len(inner(point, 6))}.get(kind, 1)
                        yield resource, scope, inner(metric, 1)[0], kind, tuple(sorted(inner(point, ATTRIBUTES[kind]))), \
                            int.from_bytes(inner(point, 3)[0], "little") // 1_000_000, [inner(point, n) for n in (4, 5, 6)], size


def json_points(body):
    for resource_metrics in json.loads(body).get("resourceMetrics", []):
        for scope_metrics in resource_metrics["scopeMetrics"]:
            for metric in scope_metrics["metrics"]:
                for kind in KINDS.values():
                    for point in metric.get(kind, {}).get("dataPoints", []):
                        size = {"histogram": 3 + len(point.get("explicitBounds", [])), "summary": 2 + len(point.get("quantileValues", []))}
                        yield (json.dumps(resource_metrics.get("resource")), json.dumps(scope_metrics.get("scope")), metric["name"], kind,
                               json.dumps(point["attributes"]), int(point["timeUnixNano"]) // 1_000_000,
                               [point.get(key) for key in ("asInt", "asDouble", "count", "sum", "bucketCounts")], size.get(kind, 1))


class Tally:
    """What went through the proxy for one sender."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = self.points = self.samples = self.refused = self.meeting = self.meeting_samples = 0
        self.standing = {}  # series and time, were scopes nothing, to the last value
        self.series, self.answers, self.told = set(), collections.Counter(), collections.Counter()

    def add(self, found, status, is_json, answer):
        with self.lock:
            self.requests += 1
            self.answers[status] += 1
            if status != 200:
                return
            for *identity, millis, value, size in found:
                self.points += 1
                self.samples += size
                self.series.add(tuple(identity))
                place = identity[0], *identity[2:], millis
                self.meeting += self.standing.get(place, value) != value
                self.meeting_samples += size if place in self.standing else 0
                self.standing[place] = value
            if is_json:
                partial = json.loads(answer or "{}").get("partialSuccess", {})
                refused, message = int(partial.get("rejectedDataPoints", 0)), partial.get("errorMessage", "")
            else:
                partial = b"".join(inner(answer, 1))
                refused, message = (inner(partial, 1) or [0])[0], b"".join(inner(partial, 2)).decode()
            self.refused += refused
            if message:
                self.told[message[:300]] += 1


def proxy(target, tally):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])) if "Content-Length" in self.headers else self.chunks()
            headers = {k: v for k, v in self.headers.items() if k.lower() in ("content-type", "content-encoding", "user-agent")}
            try:
                with urllib.request.urlopen(urllib.request.Request(target + self.path, body, headers), timeout=30) as answer:
                    status, kind, data = answer.status, answer.headers["Content-Type"], answer.read()
            except urllib.error.HTTPError as e:
                status, kind, data = e.code, e.headers["Content-Type"], e.read()
            plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            is_json = "json" in self.headers["Content-Type"]
            tally.add(list((json_points if is_json else proto_points)(plain)), status, is_json, data)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def chunks(self):
            out = b""
            while size := int(self.rfile.readline(), 16):
                out += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return out

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            if not isinstance(sys.exc_info()[1], ConnectionError):  # a sender that ended
                super().handle_error(*_)

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_port


class Checks:
    def __init__(self):
        self.done = self.failed = 0

    def that(self, what, holds):
        self.done, self.failed = self.done + 1, self.failed + (not holds)
        print("%s %s" % ("PASS" if holds else "FAIL", what), flush=True)


def number(base, query, at, tenant=None):
    headers = {"X-Scope-OrgID": tenant} if tenant else {}
    request = urllib.request.Request(base + "/api/v1/query", urllib.parse.urlencode({"query": query, "time": at}).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return int(float(result[0]["value"][1])) if result else 0


def js(directory, form):
    return lambda url, seconds, instance: subprocess.Popen(
        ["node", HERE + "/senders_otel.mjs", url + "/v1/metrics", form, str(seconds)], cwd=directory, env=dict(os.environ, INSTANCE=instance))


def java(directory):
    source = os.path.join(directory, "Sender.java")
    with open(source, "w") as out:
        out.write(JAVA)
    jars = [name for name in glob.glob(directory + "/*.jar")]
    agent = next(name for name in jars if "javaagent" in name)
    path = ":".join(name for name in jars if name != agent)

    def sender(url, seconds, instance):
        options = {
            "otel.service.name": "java-agent", "otel.exporter.otlp.endpoint": url, "otel.exporter.otlp.protocol": "http/protobuf",
            "otel.metric.export.interval": "1000", "otel.traces.exporter": "none", "otel.logs.exporter": "none",
        }
        if instance:
            options["otel.resource.attributes"] = "service.instance.id=" + instance
        else:
            options["otel.resource.disabled.keys"] = options["otel.experimental.resource.disabled.keys"] = "service.instance.id"
        return subprocess.Popen(
            ["java", "-Xmx128m", "-javaagent:" + agent] + ["-D%s=%s" % option for option in options.items()] + ["-cp", path, source, str(seconds)],
            stderr=subprocess.DEVNULL)

    return sender


def otlp(checks, ours, senders, seconds, apart):
    """Two replicas of each sender; apart: with service.instance.id, and Trilith makes labels of scopes."""
    tallies, running = {}, []
    for job, sender in senders.items():
        tallies[job] = Tally()
        url = proxy(ours, tallies[job])
        running += [sender(url, seconds, "replica-%d" % replica if apart else "") for replica in (1, 2)]
    for process in running:
        process.wait()
    for job, tally in tallies.items():
        at = time.time() + 1
        matchers = '{job="%s",__name__!="target_info"}' % job
        series = number(ours, "count(last_over_time(%s[1h]))" % matchers, at)
        stored = number(ours, "sum(count_over_time(%s[1h]))" % matchers, at)
        print("%s, %s: %d requests %s, %d points in %d series of points, %d samples; stored %d samples in %d series; points refused %d"
              % (job, "apart" if apart else "meeting", tally.requests, dict(tally.answers), tally.points, len(tally.series), tally.samples, stored,
                 series, tally.refused))
        for message, times in tally.told.most_common(3):
            print("    %d times: %s" % (times, message))
        checks.that("%s: all requests answered 200" % job, set(tally.answers) == {200})
        if apart:
            checks.that("%s: samples stored = sent, none refused" % job, stored == tally.samples and not tally.refused)
        else:
            checks.that("%s: %d points meet another one of their series and time, and as many are told" % (job, tally.meeting),
                        0 < tally.meeting == tally.refused and tally.told)
            checks.that("%s: samples stored = sent but for those (%d)" % (job, tally.meeting_samples), stored == tally.samples - tally.meeting_samples)


def remote_write(checks, lab, log, prometheus, trilith, seconds):
    ours, prom = free_port(), free_port()
    processes = [start(
        trilith + ["serve", "--multi-tenant", "--data-dir", lab + "/rw", "--http-listen", "127.0.0.1:%d" % ours,
                   "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0"], log, "http://127.0.0.1:%d/ready" % ours)]
    try:
        with open(lab + "/prometheus.yml", "w") as config:
            config.write("global: {scrape_interval: 1s}\nscrape_configs:\n- {job_name: self, static_configs: [{targets: ['127.0.0.1:%d']}]}\n" % prom)
            config.write("- {job_name: gone, static_configs: [{targets: ['127.0.0.1:1']}]}\nremote_write:\n")
            for tenant, message in ("one", "prometheus.WriteRequest"), ("two", "io.prometheus.write.v2.Request"):
                config.write("- {name: %s, url: 'http://127.0.0.1:%d/api/v1/write', headers: {X-Scope-OrgID: %s}, protobuf_message: %s,"
                             " send_native_histograms: true, queue_config: {batch_send_deadline: 1s}}\n" % (tenant, ours, tenant, message))
        processes.append(start(
            [prometheus, "--config.file=" + lab + "/prometheus.yml", "--storage.tsdb.path=" + lab + "/prometheus",
             "--web.listen-address=127.0.0.1:%d" % prom, "--enable-feature=native-histograms,promql-delayed-name-removal"], log, "http://127.0.0.1:%d/-/ready" % prom))
        time.sleep(seconds)
        at = time.time() - 3
        time.sleep(5)
        bases = ("Prometheus", "http://127.0.0.1:%d" % prom, None), ("1.0", "http://127.0.0.1:%d" % ours, "one"), ("2.0", "http://127.0.0.1:%d" % ours, "two")
        counts = {}
        for name, base, tenant in bases:
            counts[name] = (number(base, 'count(last_over_time({__name__=~".+"}[1h]))', at, tenant),
                            number(base, 'sum(count_over_time({__name__=~".+"}[1h]))', at, tenant), number(base, NATIVE, at, tenant))
            print("%s: %d series, %d samples, %d series of native histograms" % (name, *counts[name]))
        failed = number(bases[0][1], "sum(prometheus_remote_storage_samples_failed_total) + sum(prometheus_remote_storage_samples_dropped_total)", at)
        checks.that("remote write 1.0: as many series and samples", counts["1.0"] == counts["Prometheus"])
        checks.that("remote write 2.0: as many series and samples", counts["2.0"] == counts["Prometheus"])
        checks.that("Prometheus reports %d failed or dropped samples" % failed, failed == 0)
    finally:
        end(processes)


def end(processes):
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trilith", required=True)
    parser.add_argument("--prometheus")
    parser.add_argument("--js")
    parser.add_argument("--java")
    parser.add_argument("--seconds", type=int, default=30)
    args = parser.parse_args()
    checks, lab = Checks(), tempfile.mkdtemp(prefix="senders-")
    senders = {}
    if args.js:
        senders.update({"js-http": js(args.js, "http"), "js-proto": js(args.js, "proto")})
    if args.java:
        senders["java-agent"] = java(args.java)
    try:
        with open(lab + "/log", "w") as log:
            for apart in (False, True) if senders else ():
                port = free_port()
                server = start(
                    args.trilith.split() + ["serve", "--data-dir", lab + "/otlp-%s" % apart, "--http-listen", "127.0.0.1:%d" % port,
                     "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0", "--set",
                     "otlp-metrics.promote-scope-metadata=%s" % str(apart).lower()], log, "http://127.0.0.1:%d/ready" % port)
                try:
                    otlp(checks, "http://127.0.0.1:%d" % port, senders, args.seconds, apart)
                finally:
                    end([server])
            if args.prometheus:
                remote_write(checks, lab, log, args.prometheus, args.trilith.split(), args.seconds)
    finally:
        shutil.rmtree(lab, ignore_errors=True)
    print("%d checks, %d failed" % (checks.done, checks.failed))
    sys.exit(checks.failed > 0)


if __name__ == "__main__":
    main()
