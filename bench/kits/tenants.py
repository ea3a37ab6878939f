#!/usr/bin/env python3
"""Many tenants in one process: each writes its series once a minute of data time; prints what an install of that size costs.

    bench/kits/tenants.py [--tenants 4000] [--series 50] [--minutes 10] [--trilith cli/target/trilith] [--dir /tmp/trilith-tenants]

Prints resident memory, threads, open files, CPU per sample, and the time to ready after kill -9. JDK-free and stdlib only: the
requests are built here, byte by byte, as remote write 2 has no part in this.
"""
import argparse, http.client, os, re, shutil, signal, struct, subprocess, sys, time, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


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
    for at in range(0, len(block), 60):
        piece = block[at:at + 60]
        out.append((len(piece) - 1) << 2)
        out += piece
    return bytes(out)


def request(series, millis, minute):
    body = bytearray()
    for i in range(series):
        labels = [(b"__name__", b"app_requests_total" if i % 2 else b"app_queue_length"), (b"instance", b"host-%d" % (i // 10)),
                  (b"job", b"app"), (b"route", b"/api/v1/route-%d" % i)]
        text = b"".join(field(1, field(1, n) + field(2, v)) for n, v in labels)
        sample = b"\x09" + struct.pack("<d", i * 3 + minute * 7) + b"\x10" + varint(millis)
        body += field(1, text + field(2, sample))
    return snappy(bytes(body))


def status(pid, key):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(key + r":\s+(\d+)", f.read()).group(1))


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(args):
    log = open(os.path.join(args.dir, "log"), "a")
    command = [os.path.join(args.trilith, "bin", "trilith"), "serve", "--data-dir", args.dir + "/data", "--http-listen",
               f"127.0.0.1:{args.port}", "--otlp-grpc-listen", "127.0.0.1:0", "--otlp-http-listen", "127.0.0.1:0",
               "--set", "tenancy.multi=true"]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=log)
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{args.port}/ready", timeout=5).read()
            return process, time.monotonic() - began
        except OSError:
            if process.poll() is not None:
                sys.exit("the server ended at its start; see " + args.dir + "/log")
            time.sleep(0.02)


def show(what, process, ready=None):
    pid = process.pid
    files = len(os.listdir(f"/proc/{pid}/fd"))
    text = f"{what}: RSS {status(pid, 'VmRSS') / 1024:.0f} MB, threads {status(pid, 'Threads')}, open files {files}, CPU {cpu(pid):.1f} s"
    print(text + (f", ready after {ready:.2f} s" if ready else ""), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--tenants", type=int, default=4000)
    p.add_argument("--series", type=int, default=50)
    p.add_argument("--minutes", type=int, default=10)
    p.add_argument("--port", type=int, default=19811)
    p.add_argument("--trilith", default=os.path.join(ROOT, "cli", "target", "trilith"))
    p.add_argument("--dir", default="/tmp/trilith-tenants")
    args = p.parse_args()
    shutil.rmtree(args.dir, ignore_errors=True)
    os.makedirs(args.dir)
    process, ready = start(args)
    show("empty", process, ready)
    connection = http.client.HTTPConnection("127.0.0.1", args.port)
    first = int(time.time() * 1000) - args.minutes * 60_000
    before = cpu(process.pid)
    for minute in range(args.minutes):
        body = request(args.series, first + minute * 60_000, minute)
        for tenant in range(args.tenants):
            connection.request("POST", "/api/v1/write", body, {"X-Scope-OrgID": f"tenant-{tenant}"})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 204:
                sys.exit(f"minute {minute} tenant {tenant}: {answer.status} {text[:200]}")
        show(f"after minute {minute + 1}", process)
    samples = args.minutes * args.tenants * args.series
    print(f"CPU {(cpu(process.pid) - before) / samples * 1e6:.2f} s per 1 M samples ({samples} samples, {args.series} a request)")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, ready = start(args)
    show("after kill -9", process, ready)
    connection = http.client.HTTPConnection("127.0.0.1", args.port)
    wrong = 0
    for tenant in range(0, args.tenants, max(1, args.tenants // 200)):
        q = f"/api/v1/query?query=sum(count_over_time(app_requests_total[1d]))%2Bsum(count_over_time(app_queue_length[1d]))"
        connection.request("GET", q, headers={"X-Scope-OrgID": f"tenant-{tenant}"})
        text = connection.getresponse().read().decode()
        wrong += f'"{args.series * args.minutes}"' not in text
    print(f"tenants asked 200 or so, with a wrong count of samples: {wrong}")
    show("after queries", process)
    process.send_signal(signal.SIGTERM)
    process.wait()


if __name__ == "__main__":
    main()
