#!/usr/bin/env python3
"""Compacts many small blocks of all three signals under queries, and prints what it costs and what is left.

    bench/kits/compaction.py --url http://127.0.0.1:3100 --data-dir DIR [--blocks 200] [--seed 1] [--no-queries]

The server runs already, holds nothing else, keeps its objects in DIR, and does not merge by itself:

    trilith serve --data-dir DIR --set storage.merge-interval=24h

Each of --blocks rounds writes seeded samples, lines and spans of one minute and flushes them. Queries in three languages are asked
before, again and again while POST /admin/compact runs, and after it: each answer must be the first one. Then bytes, blocks, CPU and
peak memory. With --no-queries nothing is asked meanwhile, so that the CPU seconds are those of the compaction alone.
"""
import argparse, glob, http.client, json, os, random, re, struct, sys, threading, time, urllib.parse

SIGNALS = ("metrics", "logs", "traces")
SAMPLES = 4  # of a series in a round, 15 s apart


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--url", required=True)
    p.add_argument("--data-dir", required=True)
    p.add_argument("--pid", type=int, default=None, help="of the server; found by its data directory when it is not given")
    p.add_argument("--blocks", type=int, default=200)
    p.add_argument("--series", type=int, default=2000)
    p.add_argument("--lines", type=int, default=2000, help="of each round")
    p.add_argument("--traces", type=int, default=100, help="that begin in each round, of 10 spans")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-queries", action="store_true")
    return p.parse_args()


# Protocol buffers and snappy, as much as is needed.

def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def snappy(block):
    """A block of literals only: valid, not small."""
    out = bytearray(varint(len(block)))
    for at in range(0, len(block), 65536):
        piece = block[at:at + 65536]
        out += b"\xf4" + struct.pack("<H", len(piece) - 1) + piece
    return bytes(out)


class Metrics:
    """Counters, gauges of one decimal and gauges that hardly change."""

    def __init__(self, args):
        self.random = random.Random(args.seed)
        self.labels, self.values = [], []
        for i in range(args.series):
            name = ("http_requests_total", "queue_length", "pool_size")[i % 3]
            pairs = [("__name__", name), ("instance", f"host-{i // 30:03d}"), ("job", f"job-{i // 300}"), ("route", f"/api/v1/route-{i // 3 % 10}")]
            self.labels.append(b"".join(field(1, field(1, n.encode()) + field(2, v.encode())) for n, v in pairs))
            self.values.append(float(self.random.randrange(1000)))

    def body(self, minute):
        series = []
        for i, labels in enumerate(self.labels):
            samples = b""
            for k in range(SAMPLES):
                v = self.values[i]
                v += self.random.randrange(20) if i % 3 == 0 else round(self.random.uniform(-3, 3), 1) if i % 3 == 1 else self.random.random() < 0.02
                self.values[i] = v = round(v, 1)
                samples += field(2, b"\x09" + struct.pack("<d", v) + b"\x10" + varint((minute + k * 15) * 1000))
            series.append(field(1, labels + samples))
        return snappy(b"".join(series))


class Logs:
    """Lines of some forms with numbers and ids in them, of 20 streams."""

    def __init__(self, args):
        self.random, self.lines, self.raw = random.Random(args.seed + 1), args.lines, 0

    def line(self, i):
        r = self.random
        form = r.randrange(4)
        if form == 0:
            return f'level=info msg="request done" method=GET path=/api/v1/items/{r.randrange(5000)} status={r.choice((200, 200, 200, 404, 500))} duration={r.randrange(1, 900)}ms trace={r.getrandbits(64):016x}'
        if form == 1:
            return json.dumps({"level": r.choice(("info", "warn")), "msg": "order placed", "order": r.randrange(10**6), "amount": r.randrange(10**5) / 100, "user": f"u{r.randrange(3000)}"})
        if form == 2:
            return f"10.0.{r.randrange(8)}.{r.randrange(250)} - - \"GET /static/{r.choice(('app.js', 'main.css', 'logo.png'))} HTTP/1.1\" 200 {r.randrange(10**5)}"
        return f"worker {r.randrange(16)}: batch {i} of queue {r.choice('abcd')} done after {r.randrange(10**4)} ms, {r.randrange(50)} left"

    def body(self, minute):
        streams = {}
        for i in range(self.lines):
            line = self.line(i)
            self.raw += len(line)
            streams.setdefault(self.random.randrange(20), []).append([str(minute * 10**9 + i * (60 * 10**9 // self.lines)), line])
        return json.dumps({"streams": [{"stream": {"app": f"app-{s % 5}", "pod": f"pod-{s}"}, "values": v} for s, v in sorted(streams.items())]}).encode()


class Traces:
    """Trees of ten spans over five services; of each tenth the last spans come three rounds later, of each 50th all come again."""

    def __init__(self, args):
        self.random, self.traces, self.round, self.spans = random.Random(args.seed + 2), args.traces, 0, 0
        self.late = {}

    @staticmethod
    def attribute(key, value):
        any_value = field(1, value.encode()) if isinstance(value, str) else b"\x18" + varint(value)
        return field(1, key.encode()) + field(2, any_value)

    def span(self, trace, span_id, parent, start):
        r = self.random
        body = field(1, trace) + field(2, span_id) + (field(4, parent) if parent else b"")
        body += field(5, r.choice(("GET /items", "SELECT items", "render", "publish", "charge")).encode()) + b"\x30" + varint(r.randrange(1, 6))
        body += b"\x39" + struct.pack("<Q", start) + b"\x41" + struct.pack("<Q", start + r.randrange(10**5, 10**9))
        pairs = [("http.response.status_code", r.choice((200, 200, 200, 404, 503))), ("enduser.id", f"u{r.randrange(3000)}"),
                 ("url.full", f"https://shop.example.com/items/{r.randrange(5000)}"), ("thread.id", r.randrange(64))]
        body += b"".join(field(9, self.attribute(k, v)) for k, v in pairs)
        return body + field(15, b"\x18" + varint(2 if r.random() < 0.05 else 0))

    def body(self, minute):
        r = self.random
        now = self.late.pop(self.round, [])
        for i in range(self.traces):
            trace, ids, spans = r.randbytes(16), [], []
            for k in range(10):
                ids.append(r.randbytes(8))
                start = minute * 10**9 + r.randrange(50 * 10**9) if k == 0 else start + r.randrange(10**6)
                spans.append((f"service-{k % 5}", self.span(trace, ids[k], ids[r.randrange(k)] if k else None, start)))
            if i % 10 == 0:
                self.late.setdefault(self.round + 3, []).extend(spans[6:])
                spans = spans[:6]
            if i % 50 == 1:
                self.late.setdefault(self.round + 2, []).extend(spans)
            now.extend(spans)
        self.round += 1
        self.spans += len(now)
        services = {}
        for service, span in now:
            services.setdefault(service, []).append(span)
        return b"".join(field(1, field(1, field(1, self.attribute("service.name", s))) + field(2, b"".join(field(2, x) for x in spans)))
                        for s, spans in sorted(services.items()))


class Server:
    def __init__(self, args):
        self.address = urllib.parse.urlsplit(args.url).netloc
        self.dir, self.local = args.data_dir, threading.local()
        self.pid = args.pid or self.find()

    def find(self):
        wanted = os.path.abspath(self.dir)
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = open(path, "rb").read().decode(errors="replace").split("\0")
            except OSError:
                continue
            if "serve" in words and any(os.path.abspath(w.rpartition("=")[2]) == wanted for w in words if w):
                if "java" in os.readlink(os.path.dirname(path) + "/exe"):
                    return int(path.split("/")[2])
        sys.exit(f"no server on {self.dir} is found: give --pid")

    def ask(self, method, path, body=None, kind="application/json"):
        if not hasattr(self.local, "connection"):
            self.local.connection = http.client.HTTPConnection(self.address, timeout=900)
        self.local.connection.request(method, path, body, {"Content-Type": kind} if body else {})
        answer = self.local.connection.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            sys.exit(f"{method} {path[:100]}: {answer.status} {text[:300].decode(errors='replace')}")
        return text

    def status(self, key):
        return int(re.search(key + r":\s+(\d+)", open(f"/proc/{self.pid}/status").read()).group(1)) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w") as f:
            f.write("5")

    def cpu(self):
        fields = open(f"/proc/{self.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def blocks(self):
        """Signal -> number and bytes."""
        found = {}
        for signal in SIGNALS:
            sizes = []
            for path in glob.glob(os.path.join(self.dir, "objects", "blocks", signal, "**", "*.block"), recursive=True):
                try:
                    sizes.append(os.path.getsize(path))
                except OSError:
                    pass  # an input of a merge that has gone
            found[signal] = (len(sizes), sum(sizes))
        return found


def queries(first, last):
    """Path -> what of the answer must stay: times and statistics of the work are not in it."""
    def path(base, **parameters):
        return base + "?" + urllib.parse.urlencode(parameters)

    prom = [path("/api/v1/query_range", query=q, start=first, end=last, step=300) for q in (
        "sum by (job) (rate(http_requests_total[5m]))", "max by (instance) (queue_length)", "count_over_time(pool_size[10m])")]
    prom += [path("/api/v1/query", query=q, time=last) for q in ('sum(count_over_time({__name__=~".+"}[1d]))', 'quantile_over_time(0.9, queue_length{job="job-1"}[6h])')]
    loki = [path("/loki/api/v1/query_range", query=q, start=first * 10**9, end=last * 10**9, step=300, limit=200, direction=d) for q, d in (
        ('{app="app-1"} |= "status=500"', "backward"), ('{app=~".+"} | logfmt | duration > 890ms', "forward"), ('{app=~".+"} |~ "order.: 42"', "backward"),
        ("sum by (app) (count_over_time({app=~\".+\"}[10m]))", "forward"), ('sum(rate({pod="pod-3"} | json | msg = "order placed" [10m]))', "forward"))]
    tempo = [path("/api/search", q=q, start=first, end=last, limit=n, spss=20) for q, n in (
        ('{ resource.service.name = "service-2" && status = error }', 50), ("{ span.http.response.status_code >= 500 } >> { status = error }", 50),
        ('{ span.enduser.id = "u1234" }', 1000), ("{ } | by(resource.service.name) | count() > 1", 50))]
    tempo += [path("/api/metrics/query_range", q=q, start=first, end=last, step="300s") for q in (
        "{ } | count_over_time() by (resource.service.name)", "{ status = error } | quantile_over_time(duration, .9) by (name)")]
    return {"PromQL": (prom, lambda a: a["data"]["result"]), "LogQL": (loki, lambda a: a["data"]["result"]),
            "TraceQL": (tempo, lambda a: a["traces"] if "traces" in a else without_exemplars(a["series"]))}


def without_exemplars(series):
    """They are a sample: which ones are shown depends on what is read first."""
    return [{key: value for key, value in one.items() if key != "exemplars"} for one in series]


def canonical(result):
    """Series come in any order; lines and traces do not."""
    if result and "metric" in result[0]:
        result = sorted(result, key=lambda s: json.dumps(s["metric"], sort_keys=True))
    elif result and "labels" in result[0]:
        result = sorted(result, key=lambda s: json.dumps(s["labels"], sort_keys=True))
    elif result and "stream" in result[0]:
        result = sorted(result, key=lambda s: json.dumps(s["stream"], sort_keys=True))
    return json.dumps(result, sort_keys=True)


class Asking(threading.Thread):
    """Asks the queries of one language again and again."""

    def __init__(self, server, language, paths, keep):
        super().__init__(daemon=True)
        self.server, self.language, self.paths, self.keep = server, language, paths, keep
        self.answers, self.asked, self.wrong, self.stop = {}, 0, [], False

    def once(self):
        for path in self.paths:
            answer = canonical(self.keep(json.loads(self.server.ask("GET", path))))
            known = self.answers.setdefault(path, answer)
            self.asked += 1
            if answer != known:
                self.wrong.append((path, known, answer))

    def run(self):
        while not self.stop:
            self.once()


def main():
    args = arguments()
    server = Server(args)
    if any(count for count, _ in server.blocks().values()):
        sys.exit(f"{args.data_dir} holds blocks already")
    last = int(time.time()) // 60 * 60 - 120
    first = last - args.blocks * 60
    metrics, logs, traces = Metrics(args), Logs(args), Traces(args)
    cpu = server.cpu()
    for i in range(args.blocks):
        minute = first + i * 60
        server.ask("POST", "/api/v1/write", metrics.body(minute), "application/x-protobuf")
        server.ask("POST", "/loki/api/v1/push", logs.body(minute))
        server.ask("POST", "/v1/traces", traces.body(minute), "application/x-protobuf")
        server.ask("POST", "/admin/flush")
    written = server.cpu() - cpu
    before = server.blocks()
    asking = [Asking(server, language, paths, keep) for language, (paths, keep) in queries(first, last).items()]
    for one in asking:
        one.once()
        empty = [path for path, answer in one.answers.items() if answer == "[]"]
        if empty:
            sys.exit(f"a query without an answer: {empty[0]}")
    peak_before = server.status("VmHWM")
    server.forget_peak()
    cpu, began = server.cpu(), time.monotonic()
    if not args.no_queries:
        for one in asking:
            one.start()
    server.ask("POST", "/admin/compact")
    spent, took = server.cpu() - cpu, time.monotonic() - began
    peak = server.status("VmHWM")
    during = sum(one.asked - len(one.paths) for one in asking)
    for one in asking:
        one.stop = True
        if one.is_alive():
            one.join()
        one.once()
    for _ in range(100):  # what queries held goes when they end
        after = server.blocks()
        time.sleep(0.1)
        if server.blocks() == after and max(count for count, _ in after.values()) < args.blocks:
            break
    samples = args.blocks * args.series * SAMPLES
    print("| | blocks before | blocks after | bytes before | bytes after | |")
    print("|---|---|---|---|---|---|")
    for signal, what in (("metrics", lambda b: f"{b / samples:.2f} bytes per sample"), ("logs", lambda b: f"raw : stored {logs.raw / b:.1f}"),
                         ("traces", lambda b: f"{b / traces.spans:.1f} bytes per span sent")):
        (n, b), (m, a) = before[signal], after[signal]
        print(f"| {signal} | {n} | {m} | {b:,} | {a:,} | {what(b)} → {what(a)} |")
    print(f"\n{samples:,} samples, {args.blocks * args.lines:,} lines of {logs.raw:,} bytes, {traces.spans:,} spans; seed {args.seed}")
    print(f"CPU: writing and flushing {written:.1f} s; compaction {spent:.1f} s{'' if args.no_queries else f' with {during} queries'}, {took:.1f} s of time")
    print(f"peak RSS: {peak_before:.0f} MB before, {peak:.0f} MB during the compaction")
    wrong = [(one.language, *case) for one in asking for case in one.wrong]
    print(f"answers that differ: {len(wrong)} of {sum(one.asked for one in asking)}")
    for language, path, known, answer in wrong[:5]:
        at = next((i for i, (a, b) in enumerate(zip(known, answer)) if a != b), min(len(known), len(answer)))
        print(f"  {language} {path}\n    first: …{known[max(0, at - 60):at + 100]}\n    then:  …{answer[max(0, at - 60):at + 100]}")
    sys.exit(1 if wrong or any(count >= args.blocks for count, _ in after.values()) else 0)


if __name__ == "__main__":
    main()
