#!/usr/bin/env python3
"""The same random data and random PromQL to a stock Prometheus and to Trilith; every answer that differs is listed.

    bench/kits/differential.py --prometheus /usr/bin/prometheus --trilith cli/target/trilith/bin/trilith [--queries 500] [--seed 1]

Prometheus 3.5 or later, for example from an unpacked Debian package. Python's standard library only. Each query is asked as an
instant query and as a range query; numbers count as equal up to 1e-9 of the larger one. Last line: `N equal, M differ`.
"""

import argparse
import json
import math
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
STEP = 15_000
SAMPLES = 480  # two hours


# Wire forms: protobuf and snappy as remote write 1 has them.


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint((n << 1) ^ (n >> 63))


def field(number, kind, payload):
    return varint(number << 3 | kind) + payload


def nested(number, payload):
    return field(number, 2, varint(len(payload)) + payload)


def double(number, value):
    return field(number, 1, struct.pack("<d", value))


def packed(number, items):
    return nested(number, b"".join(items))


def snappy(data):
    out = bytearray(varint(len(data)))
    for at in range(0, len(data), 65536):
        part = data[at : at + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(part) - 1) + part
    return bytes(out)


class Histogram:
    """An integer exponential histogram of one span a side."""

    def __init__(self, schema, offset, positive, negative, zero, total):
        self.schema, self.offset, self.positive, self.negative = schema, offset, list(positive), list(negative)
        self.zero, self.sum = zero, total

    def encode(self, millis):
        def deltas(counts):
            before, out = 0, []
            for count in counts:
                out.append(zigzag(count - before))
                before = count
            return out

        def span(number, counts, offset):
            return nested(number, field(1, 0, zigzag(offset)) + field(2, 0, varint(len(counts)))) if counts else b""

        count = self.zero + sum(self.positive) + sum(self.negative)
        body = field(1, 0, varint(count)) + double(3, self.sum) + field(4, 0, zigzag(self.schema))
        body += double(5, 0.001) + field(6, 0, varint(self.zero))
        body += span(8, self.negative, self.offset) + (packed(9, deltas(self.negative)) if self.negative else b"")
        body += span(11, self.positive, self.offset) + (packed(12, deltas(self.positive)) if self.positive else b"")
        return body + field(15, 0, varint(millis))


def series_message(labels, samples):
    body = b""
    for name in sorted(labels):
        body += nested(1, nested(1, name.encode()) + nested(2, labels[name].encode()))
    for millis, value in samples:
        if isinstance(value, Histogram):
            body += nested(4, value.encode(millis))
        else:
            body += nested(2, double(1, value) + field(2, 0, varint(millis)))
    return nested(1, body)


# Data.


def times(rng, end):
    """Scrape times with jitter and a few gaps; None where a target went away."""
    gone = set()
    for _ in range(rng.randrange(3)):
        start = rng.randrange(SAMPLES)
        gone |= set(range(start, min(SAMPLES, start + rng.randrange(2, 60))))
    out, before = [], 0
    for i in range(SAMPLES):
        at = end - (SAMPLES - 1 - i) * STEP + (rng.randrange(-200, 200) if rng.random() < 0.2 else 0)
        if i in gone:
            if i - 1 not in gone and i > 0 and rng.random() < 0.5:
                out.append((at, None))
            continue
        out.append((at, i))
    return out


def data(rng, end):
    """Pairs of labels and samples."""
    all_series = []
    jobs = ["api", "db", "web"]
    for j, job in enumerate(jobs):
        for inst in ("a:1", "b:2"):
            base = {"job": job, "instance": inst}
            value, samples = rng.uniform(-50, 50), []
            for at, i in times(rng, end):
                value += rng.choice([0, 0, rng.gauss(0, 3)])
                samples.append((at, STALE if i is None else round(value, rng.choice([1, 3])) if j else value))
            all_series.append((dict(base, __name__="gauge"), samples))
            for code in ("200", "500"):
                value, samples = rng.randrange(1000), []
                for at, i in times(rng, end):
                    value = 0 if rng.random() < 0.01 else value + rng.choice([0, 1, 5, rng.randrange(100)])
                    samples.append((at, STALE if i is None else float(value)))
                all_series.append((dict(base, __name__="requests_total", code=code), samples))
            bounds = ["0.1", "0.5", "1", "2.5", "+Inf"]
            counts, total, when = [0] * 5, 0.0, times(rng, end)
            rows = []
            for at, i in when:
                if rng.random() < 0.004:
                    counts, total = [0] * 5, 0.0
                for b in range(5):
                    counts[b] += rng.choice([0, 0, 1, 2])
                total += rng.random()
                rows.append((at, i, list(counts), total))
            for b, le in enumerate(bounds):
                samples = [(at, STALE if i is None else float(sum(c[: b + 1]))) for at, i, c, _ in rows]
                all_series.append((dict(base, __name__="latency_bucket", le=le), samples))
            all_series.append(
                (dict(base, __name__="latency_count"), [(at, STALE if i is None else float(sum(c))) for at, i, c, _ in rows])
            )
            all_series.append((dict(base, __name__="latency_sum"), [(at, STALE if i is None else t) for at, i, _, t in rows]))
            h = Histogram(rng.choice([0, 2, 3]), rng.randrange(-4, 4), [0] * 6, [0] * rng.choice([0, 2]), 0, 0.0)
            samples = []
            for at, i in times(rng, end):
                if i is None:
                    continue
                if rng.random() < 0.005:
                    h = Histogram(h.schema, h.offset, [0] * 6, [0] * len(h.negative), 0, 0.0)
                h = Histogram(
                    h.schema,
                    h.offset,
                    [c + rng.choice([0, 1, 3]) for c in h.positive],
                    [c + rng.choice([0, 1]) for c in h.negative],
                    h.zero + rng.choice([0, 0, 1]),
                    h.sum + rng.random(),
                )
                samples.append((at, h))
            all_series.append((dict(base, __name__="native"), samples))
    odd = [0.0, -0.0, math.inf, -math.inf, math.nan, 1e300, -1e-300, 0.1]
    for i in range(3):
        samples = [(at, rng.choice(odd)) for at, n in times(rng, end) if n is not None]
        all_series.append(({"__name__": "odd", "n": str(i)}, samples))
    for job in jobs:
        all_series.append(({"__name__": "info_metric", "job": job, "version": "v" + job}, [(at, 1.0) for at, _ in times(rng, end)]))
    return all_series


# Queries.


class Queries:
    """Random queries of a bounded depth; what they may touch is the data above."""

    FLOATS = ["gauge", "requests_total", "latency_bucket", "latency_count", "latency_sum", "odd", "info_metric"]
    RANGES = ["1m", "90s", "5m", "10m", "1h"]

    def __init__(self, rng):
        self.rng = rng

    def matchers(self):
        r = self.rng
        choices = [
            'job="api"', 'job!="db"', 'job=~"api|web"', 'job!~"w.*"', 'instance=~"a.*"', 'code=""', 'code="500"', 'nope=""', 'le=~"1|.Inf"',
        ]
        picked = [m for m in r.sample(choices, r.randrange(3)) if True]
        return "{" + ",".join(picked) + "}" if picked else ""

    def shift(self):
        r = self.rng.random()
        if r < 0.08:
            return " offset " + self.rng.choice(["1m", "7m", "-2m", "1h"])
        if r < 0.12:
            return " @ " + self.rng.choice(["start()", "end()", "%d" % (self.end // 1000 - self.rng.randrange(7000))])
        return ""

    def selector(self, name=None):
        return (name or self.rng.choice(self.FLOATS)) + self.matchers() + self.shift()

    def range(self, name=None):
        name = name or self.rng.choice(self.FLOATS)
        if self.rng.random() < 0.15:
            inner = self.vector(1) if self.rng.random() < 0.3 else self.selector(name)
            return "(%s)[%s:%s]%s" % (inner, self.rng.choice(self.RANGES), self.rng.choice(["", "30s", "1m"]), self.shift())
        return name + self.matchers() + "[" + self.rng.choice(self.RANGES) + "]" + self.shift()

    def grouping(self):
        labels = ", ".join(self.rng.sample(["job", "instance", "code", "le", "nope"], self.rng.randrange(4)))
        return self.rng.choice(["by", "without"]) + " (" + labels + ") "

    def scalar(self):
        r = self.rng
        return r.choice(["2", "0.5", "-1", "time() / 1e6", "scalar(sum(gauge))", "pi()", "0", "Inf", "1e3"])

    def over_time(self):
        r = self.rng
        kind = r.random()
        if kind < 0.35:
            counter = r.choice(["requests_total", "latency_bucket", "latency_count", "latency_sum"])
            return "%s(%s)" % (r.choice(["rate", "increase", "irate"]), self.range(counter))
        if kind < 0.5:
            return "%s(%s)" % (r.choice(["delta", "idelta", "deriv", "changes", "resets"]), self.range())
        if kind < 0.6:
            return "quantile_over_time(%s, %s)" % (r.choice(["0", "0.5", "0.99", "1", "-1", "2"]), self.range())
        if kind < 0.65:
            return "predict_linear(%s, %s)" % (self.range(), r.choice(["60", "3600", "-600"]))
        if kind < 0.68:
            return "double_exponential_smoothing(%s, 0.3, 0.6)" % self.range("gauge")
        names = "avg min max sum count last present stddev stdvar mad".split()
        return "%s_over_time(%s)" % (r.choice(names), self.range())

    def native(self):
        r = self.rng
        base = r.choice(
            ["native" + self.matchers(), "rate(native[5m])", "sum by (job) (rate(native[5m]))", "increase(native[10m])", "sum(native)",
             "avg by (job) (native)", "sum_over_time(native[2m])", "native * 2", "native - native offset 5m", "last_over_time(native[5m])"]
        )
        f = r.choice(
            ["%s", "histogram_quantile(0.9, %s)", "histogram_quantile(0, %s)", "histogram_count(%s)", "histogram_sum(%s)", "histogram_avg(%s)",
             "histogram_fraction(0, 2, %s)", "histogram_stddev(%s)", "histogram_stdvar(%s)", "count(%s)"]
        )
        return f % base

    def vector(self, depth):
        r = self.rng
        if depth <= 0:
            return r.choice([self.selector, self.over_time])()
        kind = r.randrange(14)
        inner = lambda: self.vector(depth - 1)
        if kind < 3:
            return "%s %s(%s)" % (r.choice("sum avg min max count group stddev stdvar".split()), self.grouping(), inner())
        if kind == 3:
            return "%s %s(%s, %s)" % (r.choice(["topk", "bottomk"]), self.grouping(), r.choice("123"), inner())
        if kind == 4:
            return r.choice(
                ["quantile %s(%s, %s)" % (self.grouping(), r.choice(["0.5", "0.9", "0", "1"]), inner()),
                 'count_values %s("v", %s)' % (self.grouping(), inner())]
            )
        if kind == 5:
            f = r.choice("abs ceil floor exp ln log2 log10 sqrt sgn cos sin tan atan sinh deg rad".split())
            return "%s(%s)" % (f, inner())
        if kind == 6:
            return r.choice(
                ["clamp(%s, -10, 10)", "clamp_min(%s, 1)", "clamp_max(%s, 3)", "round(%s)", "round(%s, 0.25)", "-(%s)", "timestamp(%s)", "(%s)",
                 "sort(%s)", "sort_desc(%s)", "absent(%s)", "hour(%s)", "day_of_week(%s)"]
            ) % inner()
        if kind == 7:
            op = r.choice("+ - * / % ^ atan2 == != > < >= <=".split())
            b = " bool" if op in "== != > < >= <=".split() and r.random() < 0.5 else ""
            sides = [inner(), self.scalar()]
            r.shuffle(sides)
            return "(%s) %s%s (%s)" % (sides[0], op, b, sides[1])
        if kind == 8:
            name = r.choice(["requests_total", "gauge", "latency_count"])
            op = r.choice("+ - * / > < == and or unless".split())
            on = r.choice(["", "on (job, instance, code) ", "ignoring (le) "])
            other = r.choice([name, "rate(%s[5m])" % name, name + " offset 5m", name + self.matchers()])
            return "%s %s %s%s" % (name + self.matchers(), op, on, other)
        if kind == 9:
            op = r.choice("+ - * / >".split())
            return r.choice(
                ["%s %s on (job) group_left (version) info_metric" % (self.selector("gauge"), op),
                 "info_metric %s on (job) group_right () %s" % (op, self.selector("requests_total")),
                 "sum by (job) (%s) %s on (job) info_metric" % (inner(), op)]
            )
        if kind == 10:
            return r.choice(
                ["histogram_quantile(0.9, rate(latency_bucket[5m]))", "histogram_quantile(0.5, sum by (le, job) (rate(latency_bucket[2m])))",
                 "histogram_quantile(0.99, latency_bucket)", "histogram_fraction(0.1, 1, rate(latency_bucket[5m]))",
                 "rate(latency_sum[5m]) / rate(latency_count[5m])", self.native(), self.native()]
            )
        if kind == 11:
            return 'label_replace(%s, "%s", "$1-x", "%s", "(.*)a(.*)")' % (inner(), r.choice(["new", "job"]), r.choice(["instance", "job", "nope"]))
        if kind == 12:
            return 'label_join(%s, "joined", "/", "job", "instance")' % inner()
        return self.over_time()

    def next(self, end):
        self.end = end
        return self.vector(self.rng.choice([0, 1, 1, 2, 2, 3]))


# Asking and comparing.


def call(base, path, parameters=None, body=None, headers=None):
    data = body if body is not None else urllib.parse.urlencode(parameters).encode()
    request = urllib.request.Request(base + path, data=data, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()
    except urllib.error.HTTPError as e:
        return e.read()


def ask(base, path, parameters):
    return json.loads(call(base, path, parameters))


def close(a, b):
    a, b = float(a), float(b)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) + 1e-300


def points_equal(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        buckets = a.get("buckets", []), b.get("buckets", [])
        return (
            close(a["count"], b["count"])
            and close(a["sum"], b["sum"])
            and len(buckets[0]) == len(buckets[1])
            and all(x[0] == y[0] and all(close(p, q) for p, q in zip(x[1:], y[1:])) for x, y in zip(*buckets))
        )
    return not isinstance(a, dict) and not isinstance(b, dict) and close(a, b)


def by_labels(result):
    out = {}
    for one in result:
        points = {}
        for key in ("value", "values", "histogram", "histograms"):
            if key in one:
                pairs = [one[key]] if key in ("value", "histogram") else one[key]
                points.update({float(t): v for t, v in pairs})
        out[json.dumps(one["metric"], sort_keys=True)] = points
    return out


def difference(a, b):
    """What differs between two answers, or None."""
    if a["status"] != b["status"]:
        return "prometheus: %s, trilith: %s" % (a.get("error", "success"), b.get("error", "success"))
    if a["status"] == "error":
        return None
    if a["data"]["resultType"] in ("scalar", "string"):
        return None if points_equal(a["data"]["result"][1], b["data"]["result"][1]) else "%s vs %s" % (a["data"], b["data"])
    left, right = by_labels(a["data"]["result"]), by_labels(b["data"]["result"])
    for key in left.keys() | right.keys():
        if key not in left or key not in right:
            return "%s only in %s" % (key, "prometheus" if key in left else "trilith")
        for t in left[key].keys() | right[key].keys():
            p, q = left[key].get(t), right[key].get(t)
            if p is None or q is None or not points_equal(p, q):
                return "%s at %s: %s vs %s" % (key, t, p, q)
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, log, url):
    process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=os.setsid)
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=1).read()
            return process
        except (OSError, urllib.error.URLError):
            if process.poll() is not None:
                sys.exit("%s ended with %d; see %s" % (command[0], process.returncode, log.name))
            time.sleep(0.1)
    sys.exit("%s is not ready after 60 s; see %s" % (command[0], log.name))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", required=True)
    parser.add_argument("--trilith", required=True)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", action="store_true", help="show every query")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    lab = tempfile.mkdtemp(prefix="differential-")
    with open(lab + "/prometheus.yml", "w") as config:
        config.write("global: {evaluation_interval: 1m}\n")
    log = open(lab + "/log", "w")
    ports = free_port(), free_port()
    prom, ours = ("http://127.0.0.1:%d" % port for port in ports)
    features = "native-histograms,promql-experimental-functions,promql-delayed-name-removal,promql-duration-expr"
    processes = [
        start(
            [args.prometheus, "--config.file=" + lab + "/prometheus.yml", "--storage.tsdb.path=" + lab + "/prometheus",
             "--web.listen-address=127.0.0.1:%d" % ports[0], "--web.enable-remote-write-receiver", "--enable-feature=" + features],
            log, prom + "/-/ready"),
        start(
            args.trilith.split() + ["serve", "--data-dir", lab + "/trilith", "--http-listen", "127.0.0.1:%d" % ports[1],
             "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0"],
            log, ours + "/ready"),
    ]
    try:
        end = int(time.time() * 1000) // STEP * STEP - 60_000
        everything = data(rng, end)
        total = sum(len(samples) for _, samples in everything)
        message = b"".join(series_message(labels, samples) for labels, samples in everything)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
        for base in (prom, ours):
            answer = call(base, "/api/v1/write", body=snappy(message), headers=headers)
            if answer:
                sys.exit("%s refused the data: %s" % (base, answer.decode()))
        call(ours, "/admin/flush", body=b"")
        print("%d series, %d samples, seed %d" % (len(everything), total, args.seed))
        queries, equal, differing, errors, empty = Queries(rng), 0, 0, 0, 0
        for number in range(args.queries):
            query = queries.next(end)
            at = (end - rng.randrange(0, 5_400_000)) / 1000
            step = rng.choice([15, 17, 60, 300])
            asked = [
                ("/api/v1/query", {"query": query, "time": at}),
                ("/api/v1/query_range", {"query": query, "start": at - 40 * step, "end": at, "step": step}),
            ]
            found = None
            for path, parameters in asked:
                answers = [ask(base, path, parameters) for base in (prom, ours)]
                errors += answers[0]["status"] == "error"
                empty += answers[0]["status"] == "success" and not answers[0]["data"]["result"]
                found = found or difference(*answers) and (path, parameters, difference(*answers))
            if args.v:
                print("%4d %s" % (number, query))
            if found:
                differing += 1
                print("DIFFERS %s\n    %s %s\n    %s" % (query, found[0], json.dumps(found[1]), str(found[2])[:600]))
            else:
                equal += 1
        print("answers: %d errors, %d empty" % (errors, empty))
        print("%d equal, %d differ" % (equal, differing))
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()
        shutil.rmtree(lab, ignore_errors=True)


if __name__ == "__main__":
    main()
