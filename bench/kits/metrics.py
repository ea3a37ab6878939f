#!/usr/bin/env python3
"""Runs the metrics load kit against Trilith, Prometheus and VictoriaMetrics side by side and prints the table of goals.

    bench/kits/metrics.py [--kit ../shared/bench/metrics] [--lab DIR] [--rounds 3] [--skip prometheus] [--out bench/RESULTS.md]

Needs: a built server (mvn package), JDK 25, and the Debian packages prometheus and victoria-metrics. All servers are up at
once; ingest and queries take turns in slices, so that a busy machine is busy for all. CPU seconds and bytes, not wall time.
Run it alone on the machine: about 15 minutes, most of it Prometheus's.
"""
import argparse, json, math, os, platform, re, shutil, signal, subprocess, sys, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
END = 1795204800
SERIES = 100_000
SLICE = 4000


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--kit", default=os.path.join(ROOT, "..", "shared", "bench", "metrics"))
    p.add_argument("--lab", default="/tmp/trilith-lab")
    p.add_argument("--trilith", default=os.path.join(ROOT, "cli", "target", "trilith"))
    p.add_argument("--java", default=os.environ.get("JAVA", "java"))
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--skip", action="append", default=[])
    p.add_argument("--only-queries", default=None)
    p.add_argument("--out", default=os.path.join(ROOT, "bench", "RESULTS.md"))
    return p.parse_args()


class Server:
    def __init__(self, args, name, port, command, ready, params=""):
        self.args, self.name, self.port, self.command, self.ready, self.params = args, name, port, command, ready, params
        self.dir = os.path.join(args.lab, "compare-" + name)
        self.url = f"http://127.0.0.1:{port}"
        self.process = None
        self.ingest_cpu = 0.0
        self.samples = 0

    def start(self, fresh=True):
        if fresh:
            shutil.rmtree(self.dir, ignore_errors=True)
            os.makedirs(self.dir)
        log = open(os.path.join(self.dir, "log"), "a")
        began = time.monotonic()
        self.process = subprocess.Popen(self.command(self.dir), stdout=log, stderr=log, start_new_session=True)
        while True:
            try:
                with urllib.request.urlopen(self.url + self.ready, timeout=5) as r:
                    if r.status == 200:
                        return time.monotonic() - began
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"{self.name} ended at its start; see {self.dir}/log")
            time.sleep(0.02)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, key):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(key + r":\s+(\d+)", f.read()).group(1)) / 1024


def kit(args, *words):
    out = subprocess.run([args.java, "-cp", os.path.join(args.lab, "build"), "MetricsKit", *map(str, words)],
                         capture_output=True, text=True)
    if out.returncode != 0:
        sys.exit(f"the kit failed: {' '.join(map(str, words))}\n{out.stdout}\n{out.stderr}")
    return out.stdout


def prepare(args):
    os.makedirs(args.lab, exist_ok=True)
    build = os.path.join(args.lab, "build")
    subprocess.run([args.java + "c", "-d", build, os.path.join(args.kit, "MetricsKit.java")], check=True)
    data = os.path.join(args.lab, "main.rw")
    if not os.path.exists(data):
        kit(args, "gen", "--out", data, "--series", SERIES, "--interval", "15s", "--duration", "2h", "--end", END,
            "--churn", 4, "--seed", 1)
    fresh = os.path.join(args.lab, "fresh2.rw")
    if not os.path.exists(fresh):
        kit(args, "gen", "--out", fresh, "--series", SERIES, "--duration", "15s", "--end", END + 15, "--seed", 2)
    return data, fresh


def servers(args):
    def trilith(d):
        return [os.path.join(args.trilith, "bin", "trilith"), "serve", "--data-dir", d + "/data", "--http-listen",
                "127.0.0.1:19801", "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0"]

    def prometheus(d):
        with open(d + "/prom.yml", "w") as f:
            f.write("global: {scrape_interval: 15s}\n")
        return ["prometheus", "--config.file=" + d + "/prom.yml", "--storage.tsdb.path=" + d + "/data",
                "--web.listen-address=127.0.0.1:19802", "--web.enable-remote-write-receiver",
                "--storage.tsdb.retention.time=60d", "--query.max-samples=200000000"]

    def victoria(d):
        return ["victoria-metrics", "-storageDataPath=" + d + "/data", "-httpListenAddr=127.0.0.1:19803",
                "-retentionPeriod=3", "-search.maxSeries=300000"]

    known = [Server(args, "trilith", 19801, trilith, "/ready"),
             Server(args, "prometheus", 19802, prometheus, "/-/ready"),
             Server(args, "victoria-metrics", 19803, victoria, "/health", ",params=nocache=1")]
    return [s for s in known if s.name not in args.skip]


def say(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def ingest(args, s, data, start=None, end=None):
    words = ["ingest", "--data", data, "--url", s.url + "/api/v1/write", "--conns", 4, "--pid", s.process.pid]
    if start is not None:
        words += ["--from", start, "--to", end]
    return json.loads(kit(args, *words).strip().splitlines()[-1])


def directory_bytes(path):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, fs in os.walk(path) for f in fs)


def blocks_bytes(s):
    """Data at rest, without the write-ahead log."""
    if s.name == "trilith":
        return directory_bytes(s.dir + "/data/objects")
    if s.name == "prometheus":
        return sum(directory_bytes(os.path.join(s.dir, "data", d)) for d in os.listdir(s.dir + "/data") if len(d) == 26)
    return directory_bytes(s.dir + "/data")


def settle(s):
    """Asks the server to put what it has into its resting form."""
    try:
        if s.name == "trilith":
            for what in "flush", "compact":
                urllib.request.urlopen(urllib.request.Request(s.url + "/admin/" + what, method="POST"), timeout=300).read()
        if s.name == "victoria-metrics":
            urllib.request.urlopen(s.url + "/internal/force_flush", timeout=120).read()
            urllib.request.urlopen(s.url + "/internal/force_merge", timeout=120).read()
    except OSError as e:
        say(f"{s.name} does not settle: {e}")
    time.sleep(25)


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def main():
    args = arguments()
    data, fresh = prepare(args)
    manifest = json.load(open(data + ".json"))
    records = manifest.get("requests") or manifest.get("records") or 48008
    all_servers = servers(args)
    rows = {}
    for s in all_servers:
        s.start()
        time.sleep(1)
        s.base_cpu, s.idle = s.cpu(), s.memory("RssAnon")
    slices = [(a, min(a + SLICE, records)) for a in range(0, records, SLICE)]
    for number, (a, b) in enumerate(slices):
        turn = number % len(all_servers)
        for s in all_servers[turn:] + all_servers[:turn]:
            before = s.cpu()
            r = ingest(args, s, data, a, b)
            s.samples += r["acked_samples"]
            s.ingest_cpu += s.cpu() - before
            if r["errors"]:
                sys.exit(f"{s.name}: {r['errors']} errors, first {r['first_error']}")
        say(f"ingest {b}/{records} " + " ".join(f"{s.name} {s.ingest_cpu / s.samples * 1e6:.2f}" for s in all_servers))
    time.sleep(20)
    for s in all_servers:
        s.all_cpu = s.cpu() - s.base_cpu
        s.rss, s.anon = s.memory("VmRSS"), s.memory("RssAnon")
    say("queries")
    targets = []
    for s in all_servers:
        targets += ["--target", f"{s.name}={s.url},pid={s.process.pid}{s.params}"]
    out = os.path.join(args.lab, "compare-queries.json")
    words = ["query", *targets, "--queries", os.path.join(args.kit, "queries.txt"), "--manifest", data + ".json",
             "--iters", 5, "--rounds", args.rounds, "--conc", 1, "--out", out]
    if args.only_queries:
        words += ["--only", args.only_queries]
    text = kit(args, *words)
    print(text)
    for s in all_servers:
        s.peak = s.memory("VmHWM")
    say("never-seen series")
    for s in all_servers:
        before = s.cpu()
        r = ingest(args, s, fresh)
        time.sleep(10)
        s.fresh = (s.cpu() - before) / r["acked_samples"] * 1e6
    say("at rest")
    for s in all_servers:
        settle(s)
        s.rest = blocks_bytes(s)
    say("kill -9 and restart")
    for s in all_servers:
        s.stop(signal.SIGKILL)
        s.restart = s.start(fresh=False)
        s.stop()
    report(args, all_servers, out, text)


def report(args, all_servers, queries, text):
    names = [s.name for s in all_servers]
    lines = ["| quantity | " + " | ".join(names) + " | goal |", "|---|" + "---|" * (len(names) + 1)]

    def row(what, value, goal):
        lines.append(f"| {what} | " + " | ".join(value(s) for s in all_servers) + f" | {goal} |")

    row("ingest, CPU s per 1 M samples, to the last ack", lambda s: f"{s.ingest_cpu / s.samples * 1e6:.2f}", "≤ 0.5")
    row("the same with 20 s of settling", lambda s: f"{s.all_cpu / s.samples * 1e6:.2f}", "")
    row("never-seen series, CPU µs each", lambda s: f"{s.fresh:.1f}", "≤ 12")
    row("bytes per sample at rest, index included", lambda s: f"{s.rest / s.samples:.2f}", "≤ 1.15")
    row("anonymous memory per active series beyond idle, kB",
        lambda s: f"{(s.anon - s.idle) * 1024 / SERIES:.2f}", "≤ 1.2")
    row("RSS after ingest, MB", lambda s: f"{s.rss:.0f}", "≤ 200")
    row("peak RSS after the query set, MB", lambda s: f"{s.peak:.0f}", "≤ 350")
    row("restart after kill -9, s until ready", lambda s: f"{s.restart:.2f}", "≤ 1.5")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    head = (f"## Metrics, {time.strftime('%Y-%m-%d')}, commit {commit}\n\n{platform.machine()}, {os.cpu_count()} cores, load "
            f"{os.getloadavg()[1]:.1f} over 5 minutes at the end; made by `bench/kits/metrics.py`\n\n")
    table = head + "\n".join(lines) + "\n\nQueries as the kit prints them:\n\n```\n" + text.strip() + "\n```\n"
    print("\n".join(lines))
    keep(args.out, "Metrics", table)


def keep(path, title, section):
    """Puts a section in the place of the one of that title, and leaves the others of the file."""
    before = open(path).read() if os.path.exists(path) else "# Results\n\nThe newest figures of each kit, Trilith and its peers measured in one run.\n\n"
    head, *sections = re.split(r"(?m)^(?=## )", before)
    others = [one for one in sections if not one.startswith("## " + title + ",")]
    with open(path, "w") as f:
        f.write(head + section.rstrip("\n") + "\n" + "".join("\n" + one.rstrip("\n") + "\n" for one in others))


if __name__ == "__main__":
    main()
