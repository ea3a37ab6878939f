#!/usr/bin/env python3
"""What a full disk does: no ack that is lost, queries live, writes again by themselves when there is space.

    sudo bench/kits/disk_full.py --server cli/target/trilith-VERSION/bin/trilith [--sizes 48,96,160] [--port 3300]

For each size, on a tmpfs of so many MiB (so it needs the right to mount): pushes metrics (OTLP), logs (Loki) and traces (OTLP)
of texts that do not compress until everything is refused; asks all three languages while the disk is full; kill -9 and a start
on the full disk; then a larger tmpfs, without a restart: how long until writes are taken; then kill -9 and a start again.
Each acked batch must be there whole, each time. At the end: a start on a read-only disk must fail with a message that names it.
"""
import argparse, base64, json, os, random, signal, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request

ITEMS = 50


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--server", required=True)
    p.add_argument("--sizes", default="48,96,160")
    p.add_argument("--port", type=int, default=3300)
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


class Server:
    def __init__(self, args, directory):
        self.args, self.directory, self.url = args, directory, f"http://127.0.0.1:{args.port}"
        self.process = None

    def start(self, wait=True):
        log = open(os.path.join(tempfile.gettempdir(), "disk_full.log"), "ab")
        self.process = subprocess.Popen(
            [self.args.server, "serve", "--data-dir", self.directory, "--http-listen", f"127.0.0.1:{self.args.port}",
             "--otlp-grpc-listen", f"127.0.0.1:{self.args.port + 1}", "--otlp-http-listen", f"127.0.0.1:{self.args.port + 2}",
             "--set", "retention.default=0", "--set", "metrics-generator.enabled=false"],
            stdout=log, stderr=subprocess.STDOUT)
        began = time.monotonic()
        while wait:
            if self.process.poll() is not None:
                raise SystemExit(f"the server ended with {self.process.returncode}; see {log.name}")
            if time.monotonic() - began > 60:
                raise SystemExit("not ready after 60 s")
            if self.call("GET", "/ready")[0] == 200:
                return time.monotonic() - began
            time.sleep(0.1)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.url + path, data=body, method=method, headers={"Content-Type": kind} if body else {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()
        except OSError as e:
            return 0, str(e).encode()


def text(rnd):
    return base64.b64encode(rnd.randbytes(900)).decode()


def attribute(key, value):
    return {"key": key, "value": {"stringValue": value}}


def push(server, rnd, signal_name, number, now):
    """Pushes one batch; the status."""
    if signal_name == "logs":
        values = [[str(now + i), f"batch={number} {text(rnd)}"] for i in range(ITEMS)]
        body = {"streams": [{"stream": {"app": "full"}, "values": values}]}
        return server.call("POST", "/loki/api/v1/push", json.dumps(body).encode())
    if signal_name == "metrics":
        points = [{"timeUnixNano": str(now), "asDouble": rnd.random(), "attributes": [attribute("batch", str(number)), attribute("i", text(rnd))]}
                  for i in range(ITEMS)]
        body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "full", "gauge": {"dataPoints": points}}]}]}]}
        return server.call("POST", "/otlp/v1/metrics", json.dumps(body).encode())
    spans = [{"traceId": f"{number + 1:032x}", "spanId": f"{i + 1:016x}", "name": "full", "kind": 1, "startTimeUnixNano": str(now),
              "endTimeUnixNano": str(now + 1000), "attributes": [attribute("text", text(rnd))]} for i in range(ITEMS)]
    body = {"resourceSpans": [{"resource": {"attributes": [attribute("service.name", "full")]}, "scopeSpans": [{"spans": spans}]}]}
    return server.call("POST", "/otlp/v1/traces", json.dumps(body).encode())


def ask(server, path, **parameters):
    return server.call("GET", path + "?" + urllib.parse.urlencode(parameters))


def live(server):
    """Whether all three languages answer."""
    now = int(time.time())
    return [ask(server, "/api/v1/query", query="count(full)")[0],
            ask(server, "/loki/api/v1/query_range", query='{app="full"} |= "batch=1 "', start=now - 3600, end=now + 60, limit=10)[0],
            ask(server, "/api/search", q="{ name = `full` }", start=now - 3600, end=now + 60)[0]] == [200] * 3


def missing(server, acked):
    """How many of the acked items are not there, and how many stand there twice."""
    lost = doubled = 0
    now = int(time.time())

    def compare(batches, counts):
        nonlocal lost, doubled
        for number in batches:
            found = counts.get(str(number), 0)
            lost += max(0, ITEMS - found)
            doubled += max(0, found - ITEMS)

    status, body = ask(server, "/api/v1/query", query="count by (batch) (last_over_time(full[1h]))", time=now + 1)
    compare(acked["metrics"], {one["metric"]["batch"]: int(one["value"][1]) for one in json.loads(body)["data"]["result"]})
    # By last digits: a query gives no more than 500 series.
    counts = {}
    for digit in range(10):
        status, body = ask(server, "/loki/api/v1/query", time=now + 60, query=
                           'sum by (n) (count_over_time({app="full"} |~ "^batch=[0-9]*%d " | regexp "^batch=(?P<n>[0-9]+) " [1h]))' % digit)
        counts.update({one["metric"]["n"]: int(one["value"][1]) for one in json.loads(body)["data"]["result"]})
    compare(acked["logs"], counts)
    counts = {}
    for number in acked["traces"]:
        status, body = server.call("GET", f"/api/traces/{number + 1:032x}")
        if status == 200:
            counts[str(number)] = sum(len(scope["spans"]) for resource in json.loads(body).get("batches", [])
                                      for scope in resource["scopeSpans"])
    compare(acked["traces"], counts)
    return lost, doubled


def run(args, size):
    rnd = random.Random(args.seed)
    directory = tempfile.mkdtemp(prefix="disk-full-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", directory], check=True)
    server = Server(args, directory)
    failed = 0
    acked = {"metrics": [], "logs": [], "traces": []}
    try:
        server.start()
        number, refused, reasons = 0, {}, {}
        began = time.monotonic()
        while len(refused) < 3 or min(refused.values()) < 8:
            for name in acked:
                status, body = push(server, rnd, name, number, time.time_ns())
                if status in (200, 204):
                    acked[name].append(number)
                    refused[name] = 0
                else:
                    refused[name] = refused.get(name, 0) + 1
                    reasons.setdefault(f"{status} {body[:160].decode(errors='replace')}", number)
            number += 1
            if time.monotonic() - began > 240:
                print("  never full: raise the amount"); return 1
        disk = os.statvfs(directory)
        print(f"{size} MiB: full after {number} batches of {ITEMS}, acked " +
              ", ".join(f"{name} {len(batches)}" for name, batches in acked.items()) + f"; {disk.f_bavail * disk.f_bsize >> 10} KiB free")
        for reason, first in reasons.items():
            print(f"  refused from batch {first}: {reason.strip()}")
        checks = {"queries live while full": live(server)}
        lost, doubled = missing(server, acked)
        checks["acked items there while full"] = lost == doubled == 0
        server.kill()
        ready = server.start()
        lost, doubled = missing(server, acked)
        checks[f"ready {ready:.1f} s after kill -9 on the full disk, all there (lost {lost}, doubled {doubled})"] = lost == doubled == 0
        subprocess.run(["mount", "-o", f"remount,size={size * 3}m", directory], check=True)
        began = time.monotonic()
        taken = set()
        while len(taken) < 3 and time.monotonic() - began < 60:
            for name in acked:
                if push(server, rnd, name, number, time.time_ns())[0] in (200, 204):
                    acked[name].append(number)
                    taken.add(name)
            number += 1
            time.sleep(0.2)
        checks[f"writes taken {time.monotonic() - began:.1f} s after there was space"] = len(taken) == 3
        status, _ = server.call("POST", "/admin/flush", b" ", "text/plain")
        checks["heads flushed"] = status in (200, 204)
        server.kill()
        server.start()
        lost, doubled = missing(server, acked)
        checks[f"all there at the end (lost {lost}, doubled {doubled})"] = lost == doubled == 0
        for what, good in checks.items():
            print(f"  {'ok  ' if good else 'FAIL'} {what}")
            failed += not good
    finally:
        if server.process and server.process.poll() is None:
            server.kill()
        subprocess.run(["umount", directory])
        os.rmdir(directory)
    return failed


def read_only(args):
    directory = tempfile.mkdtemp(prefix="disk-full-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,ro", "tmpfs", directory], check=True)
    try:
        done = subprocess.run([args.server, "serve", "--data-dir", directory, "--http-listen", f"127.0.0.1:{args.port}"],
                              capture_output=True, text=True, timeout=60)
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        good = done.returncode != 0 and directory in (done.stderr + done.stdout) and "\tat " not in done.stderr + done.stdout
        print(f"read-only disk:\n  {'ok  ' if good else 'FAIL'} status {done.returncode}: {said}")
        return not good
    finally:
        subprocess.run(["umount", directory])
        os.rmdir(directory)


def main():
    args = arguments()
    failed = sum(run(args, int(size)) for size in args.sizes.split(","))
    failed += read_only(args)
    print("failed" if failed else "passed", failed)
    sys.exit(1 if failed else 0)


main()
