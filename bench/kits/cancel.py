#!/usr/bin/env python3
"""How soon a PromQL query ends that nobody waits for: by its deadline, and by a client that goes away.

    bench/kits/cancel.py --url http://127.0.0.1:9090 --pid PID --end EPOCH [--rounds 3]

The server must hold data that keeps each query busy for longer than --after seconds (the metrics kit's, say), and be idle
besides. Deadline: the time of the answer beyond `timeout`. Client: the time from the closed connection until the process has
used no CPU for 30 ms (compiler threads aside); the kernel counts CPU in ticks of 10 ms, so it is known to about 20 ms.
"""
import argparse, json, os, socket, time, urllib.error, urllib.parse, urllib.request

QUERIES = {
    "rate of everything": 'sum by (pod) (rate({__name__=~".+"}[5m]))',
    "histogram quantile": 'histogram_quantile(0.99, sum by (le, pod) (rate({__name__=~".+_bucket"}[10m])))',
    "windows": 'quantile_over_time(0.9, {__name__=~".+"}[1h])',
    "subquery": 'max_over_time(sum(rate({__name__=~".+"}[5m]))[1h:15s])',
    "join": 'sum by (pod, instance) (rate({__name__=~".+_total"}[5m])) / on (pod, instance) sum by (pod, instance) (rate({__name__=~".+"}[9m]))',
    "count_values": 'count_values by (job) ("v", rate({__name__=~".+_total"}[20m]) > bool 1)',
    "topk": 'topk by (job) (10, {__name__=~".+"})',
    "sort": 'sort(rate({__name__=~".+"}[1h]))',
    "absent and set": '{__name__=~".+"} unless on (pod) absent({__name__=~".+_total"})',
    "regexps": 'count(label_replace(rate({__name__=~".+"}[5m]), "x", "$1", "pod", ".*-(.*)")) by (x)',
}


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--url", required=True)
    p.add_argument("--pid", type=int, required=True)
    p.add_argument("--end", type=int, required=True)
    p.add_argument("--hours", type=float, default=2)
    p.add_argument("--step", default="2s")
    p.add_argument("--after", type=float, default=0.3)
    p.add_argument("--rounds", type=int, default=3)
    return p.parse_args()


def ticks(pid):
    """Ticks of CPU of all threads but those of the compiler, which goes on with what was hot."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/stat") as f:
                name, rest = f.read().rsplit(")", 1)
        except OSError:
            continue
        if "Compiler" not in name:
            fields = rest.split()
            total += int(fields[11]) + int(fields[12])
    return total


def parameters(args, query, **more):
    return urllib.parse.urlencode(
        {"query": query, "start": args.end - int(args.hours * 3600), "end": args.end, "step": args.step, **more})


def deadline(args, query):
    """Seconds beyond the deadline, and what the answer says."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(f"{args.url}/api/v1/query_range?{parameters(args, query, timeout=args.after)}") as r:
            r.read()
            said = "an answer"
    except urllib.error.HTTPError as e:
        said = json.load(e).get("errorType", "?")
    return time.monotonic() - began - args.after, said


def quiet(pid):
    """Waits until no CPU was used for 30 ms; when that began."""
    last, since = ticks(pid), time.monotonic()
    while True:
        time.sleep(0.003)
        now = ticks(pid)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 0.03:
            return since


def disconnect(args, query):
    """Seconds that the query went on after its client was gone; None when it had ended by itself."""
    host, port = args.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as s:
        s.sendall(f"GET /api/v1/query_range?{parameters(args, query)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        s.settimeout(args.after)
        try:
            s.recv(1)
            return None
        except TimeoutError:
            pass
    gone = time.monotonic()
    return max(0.0, quiet(args.pid) - gone)


def main():
    args = arguments()
    worst = 0.0
    print(f"| query, every {args.step} of {args.hours:g} h | beyond the deadline, ms | after the client left, ms |\n|---|---|---|")
    for name, query in QUERIES.items():
        late, left, said = [], [], set()
        for _ in range(args.rounds):
            quiet(args.pid)
            seconds, answer = deadline(args, query)
            said.add(answer)
            if answer == "timeout":
                late.append(seconds)
            quiet(args.pid)
            seconds = disconnect(args, query)
            if seconds is not None:
                left.append(seconds)
        worst = max([worst, *late, *left])
        text = lambda values: f"{1000 * max(values):.0f}" if values else "ended before: " + ", ".join(sorted(said))
        print(f"| {name} | {text(late)} | {text(left)} |")
    print(f"\nworst {1000 * worst:.0f} ms")


main()
