#!/usr/bin/env python3
"""Runs the traces load kit against Trilith and prints the rows of goals.md that it can measure.

    bench/kits/traces.py [--kit ../shared/bench/traces] [--lab DIR] [--spans 300000] [--trilith cli/target/trilith] [--out FILE]

Needs: a built server (mvn package) and JDK 25. Three states are asked the same 42 questions of known answers: fresh (what is
in heads still is), from blocks (flushed and merged into one) and restarted. CPU seconds and bytes, not wall time. Run it alone on the machine.
"""
import argparse, json, os, re, shutil, signal, subprocess, sys, time, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PORT, OTLP = 21300, 21301

# goal: CPU ms of the timed call ("all" of the call for all matches), Tempo 3's figure times the factor of goals.md
GOALS = [("t_mid", "timed", 67 * .3), ("t_big", "timed", 92 * .3), ("s_svc_error", "timed", 16 * .3), ("s_int_ge", "timed", 8 * .3),
         ("s_user_scoped", "timed", 86 * .3), ("s_user_unscoped", "timed", 153 * .3), ("s_url_regex", "timed", 39 * .3),
         ("s_descendant", "all", 177 * .3), ("s_by_count", "all", 703 * .3), ("s_all", "all", 1203 * .3),
         ("m_count_url", "timed", 1443 * .2), ("m_compare", "timed", 2895 * .2), ("v_url", "timed", 240 * .2)]


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--kit", default=os.path.join(ROOT, "..", "shared", "bench", "traces"))
    p.add_argument("--lab", default="/tmp/trilith-traces")
    p.add_argument("--trilith", default=os.path.join(ROOT, "cli", "target", "trilith"))
    p.add_argument("--java", default=os.environ.get("JAVA", "java"))
    p.add_argument("--spans", type=int, default=300_000)
    p.add_argument("--iters", type=int, default=10)
    p.add_argument("--out", default=None)
    return p.parse_args()


class Server:
    def __init__(self, args):
        self.args, self.dir, self.process = args, os.path.join(args.lab, "data"), None

    def start(self):
        log = open(os.path.join(self.args.lab, "server.log"), "a")
        command = [os.path.join(self.args.trilith, "bin", "trilith"), "serve", "--data-dir", self.dir, "--http-listen", f"127.0.0.1:{PORT}",
                   "--otlp-http-listen", f"127.0.0.1:{OTLP}", "--otlp-grpc-listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        for _ in range(3000):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the server ended at its start; see {self.args.lab}/server.log")
            time.sleep(0.02)
        sys.exit("the server is not ready after a minute")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def post(self, path):
        urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", method="POST"), timeout=600).read()

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1)) / 1024

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kit(args, *words):
    out = subprocess.run([args.java, "-cp", os.path.join(args.lab, "build"), "TracesKit", *map(str, words)], capture_output=True, text=True)
    if out.returncode != 0 and not out.stdout:
        sys.exit(f"the kit failed: {' '.join(map(str, words))}\n{out.stderr}")
    return out.stdout


def ask(args, server, warmup):
    """Name -> (CPU ms of the timed call, CPU ms of the call for all or None), and how many answers were right."""
    text = kit(args, "query", "--target", f"t=http://127.0.0.1:{PORT},pid={server.process.pid}", "--queries",
               os.path.join(args.kit, "queries.txt"), "--manifest", os.path.join(args.lab, "main.otlp.json"),
               "--iters", args.iters, "--warmup", warmup, "--full", 2, "--rounds", 1, "--budget", 6)
    figures, right, asked = {}, 0, 0
    for line in text.splitlines():
        name = line.split("|")[0].strip()
        if "|" not in line:
            continue
        asked += 1
        right += bool(re.search(r"\bok\b", line))
        cpu = re.findall(r"cpu\s+([\d.]+) ms", line)
        figures[name] = (float(cpu[0]) if cpu else None, float(cpu[1]) if len(cpu) > 1 else None)
    return figures, right, asked


def main():
    args = arguments()
    shutil.rmtree(os.path.join(args.lab, "data"), ignore_errors=True)
    os.makedirs(args.lab, exist_ok=True)
    javac = os.path.join(os.path.dirname(args.java), "javac") if os.sep in args.java else "javac"
    subprocess.run([javac, "-d", os.path.join(args.lab, "build"), os.path.join(args.kit, "TracesKit.java")], check=True)
    data = os.path.join(args.lab, "main.otlp")
    kit(args, "gen", "--out", data, "--spans", args.spans, "--duration", "5m", "--end", int(time.time()) - 5, "--seed", 1)
    server = Server(args)
    server.start()
    ingest = json.loads(kit(args, "ingest", "--data", data, "--url", f"http://127.0.0.1:{OTLP}/v1/traces", "--pid", server.process.pid))
    before = server.cpu()
    states = {"fresh": ask(args, server, 4)}
    asked = server.cpu()
    server.post("/admin/flush")
    flushed = server.cpu()
    server.post("/admin/compact")
    blocks = os.path.join(server.dir, "objects", "blocks", "traces")
    size = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(blocks) for f in files)
    peak = server.peak_mb()
    states["blocks"] = ask(args, server, 4)
    server.stop()
    server.start()
    states["restarted"] = ask(args, server, 4)
    server.stop()
    lines = ["| quantity | goal | Trilith |", "|---|---|---|"]
    lines.append(f"| spans per CPU s to ack / until in a block | 250 k / 120 k | {ingest['spans_per_server_cpu_s'] / 1000:.0f} k /"
                 f" {args.spans / (before + flushed - asked) / 1000:.0f} k |")
    lines.append(f"| bytes per span at rest | 40 | {size / args.spans:.1f} |")
    lines.append(f"| peak RSS, MB | {400 if args.spans <= 300_000 else 600} | {peak:.0f} |")
    for state, (_, right, count) in states.items():
        lines.append(f"| answers right, {state} | 42 | {right} of {count} |")
    for name, which, goal in GOALS:
        shown = []
        for state in ("fresh", "blocks"):
            value = states[state][0].get(name, (None, None))[0 if which == "timed" else 1]
            shown.append("–" if value is None else f"{value:.0f}")
        lines.append(f"| {name}{' (all)' if which == 'all' else ''}: CPU ms from a block (fresh) | {goal:.0f} | {shown[1]} ({shown[0]}) |")
    table = "\n".join(lines)
    print(table)
    if args.out:
        with open(args.out, "a") as out:
            out.write(f"\n## Traces, {args.spans} spans\n\n{table}\n")


if __name__ == "__main__":
    main()
