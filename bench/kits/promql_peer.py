#!/usr/bin/env python3
"""A thousand expressions as dashboards and rule files have them, over what a real Prometheus scrapes, to it and to Trilith.

    bench/kits/promql_peer.py --prometheus /usr/bin/prometheus --trilith cli/target/trilith/bin/trilith
        [--node-exporter /usr/bin/prometheus-node-exporter] [--seconds 180] [--expressions 1000] [--seed 1] [--only TEXT] [-v]

Prometheus scrapes itself, Trilith and three node-exporter targets, one of which ends on the way (so that there are stale markers),
and sends everything on to Trilith by remote write: both hold the same samples. Each expression is asked as an instant query and as a range
query; values count as equal up to 1e-9 of the larger one, labels, result types, the order of sorted answers and the kind of an error must
be the same. Prometheus 3 removes names late, as Trilith does (promql-delayed-name-removal). Where Prometheus 2 and 3 differ by design, the difference is listed all the same. Python's standard library only.
Last line: `N equal, M differ`.
"""

import argparse
import itertools
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time

from differential import ask, by_labels, close, difference, free_port, start

# What the expressions are made of. CAPITALS in a template stand for one of a list.

PARTS = {
    "COUNTER": """node_cpu_seconds_total node_disk_read_bytes_total node_disk_written_bytes_total node_disk_io_time_seconds_total
        node_disk_reads_completed_total node_network_receive_bytes_total node_network_transmit_packets_total
        node_context_switches_total node_intr_total node_forks_total node_vmstat_pgfault node_vmstat_pgpgin node_netstat_Tcp_InSegs
        node_netstat_Tcp_OutSegs node_softnet_processed_total node_pressure_cpu_waiting_seconds_total process_cpu_seconds_total
        go_memstats_alloc_bytes_total prometheus_http_requests_total prometheus_tsdb_head_samples_appended_total
        promhttp_metric_handler_requests_total trilith_http_requests_total""".split(),
    "GAUGE": """node_load1 node_load5 node_memory_MemAvailable_bytes node_memory_MemFree_bytes node_memory_Cached_bytes
        node_memory_Active_bytes node_filesystem_avail_bytes node_filesystem_files_free node_filefd_allocated node_procs_running
        node_sockstat_TCP_inuse node_network_mtu_bytes node_network_up node_timex_offset_seconds go_goroutines go_memstats_heap_inuse_bytes
        process_resident_memory_bytes process_open_fds scrape_duration_seconds scrape_samples_scraped up node_scrape_collector_duration_seconds
        node_scrape_collector_success prometheus_tsdb_head_series""".split(),
    "HISTOGRAM": """prometheus_http_request_duration_seconds prometheus_http_response_size_bytes
        prometheus_tsdb_compaction_chunk_range_seconds prometheus_remote_storage_sent_batch_duration_seconds""".split(),
    "SUMMARY": """go_gc_duration_seconds prometheus_target_interval_length_seconds prometheus_engine_query_duration_seconds""".split(),
    "RANGE": "20s 45s 1m 2m 5m 10m".split(),
    "RATE": "rate increase irate".split(),
    "GAUGES": "delta idelta deriv changes resets".split(),
    "OVER": "avg min max sum count last present stddev stdvar".split(),
    "AGG": "sum avg min max count group stddev stdvar".split(),
    "BY": ["by (instance)", "by (job)", "by (instance, job)", "without (instance)", "without (instance, job)", "by ()", "by (nope)", "by (device)",
           "by (cpu, mode)", "by (mode)", ""],
    "OP": "+ - * / % ^ atan2".split(),
    "CMP": "== != > < >= <=".split(),
    "SET": "and or unless".split(),
    "OFFSET": ["offset 15s", "offset 1m", "offset -10s", "@ start()", "@ end()", "@ AT", "@ AT offset 20s", "offset 20s @ end()"],
    "PHI": "0 0.5 0.9 0.95 0.99 1 -1 2".split(),
    "K": "1 2 3 5 100".split(),
    "FUNCTION": "abs ceil floor round sqrt exp ln log2 log10 sgn sin cos tan asin acos atan sinh cosh tanh deg rad".split(),
    "DATE": "minute hour day_of_week day_of_month day_of_year days_in_month month year".split(),
    "MATCHERS": ['{job="node"}', '{job!="node"}', '{instance=~".*:.*"}', '{instance!~"localhost.*"}', '{job=~"node|prometheus"}', '{nope=""}',
                 '{job=~".+",instance!=""}', '{device!~"zram.*|ifb.*"}', '{job="nope"}', '{device=~"vd[a-z]|eth0"}'],
    "SUB": "[2m:15s] [1m:10s] [90s:] [2m:7s] [1m:1s]".split(),
}

TEMPLATES = """
COUNTER
GAUGE
GAUGEMATCHERS
COUNTERMATCHERS OFFSET
GAUGE OFFSET
RATE(COUNTER[RANGE])
RATE(COUNTERMATCHERS[RANGE])
RATE(COUNTER[RANGE] OFFSET)
GAUGES(GAUGE[RANGE])
OVER_over_time(GAUGE[RANGE])
OVER_over_time(GAUGEMATCHERS[RANGE] OFFSET)
quantile_over_time(PHI, GAUGE[RANGE])
predict_linear(GAUGE[RANGE], 4 * 3600)
predict_linear(node_filesystem_avail_bytes{fstype!=""}[RANGE], 24*60*60) < 0
AGG BY (GAUGE)
AGG BY (COUNTER)
AGG BY (rate(COUNTER[RANGE]))
AGG BY (RATE(COUNTERMATCHERS[RANGE]))
AGG BY (OVER_over_time(GAUGE[RANGE]))
AGG(AGG BY (GAUGE))
topk(K, rate(COUNTER[RANGE]))
topk BY (K, GAUGE)
bottomk BY (K, sum by (instance, mode, device) (rate(COUNTER[RANGE])))
quantile BY (PHI, GAUGE)
count_values BY ("value", GAUGE)
count_values("v", node_scrape_collector_success)
sort(GAUGE)
sort_desc(sum by (mode, cpu, device) (rate(COUNTER[RANGE])))
FUNCTION(GAUGE)
FUNCTION(rate(COUNTER[RANGE]))
DATE()
DATE(GAUGE)
DATE(node_boot_time_seconds)
GAUGE OP GAUGE
GAUGE OP 2
2 OP GAUGE
1 - GAUGE / 3
GAUGE CMP 10
GAUGE CMP bool 10
GAUGE CMP scalar(avg(GAUGE))
GAUGE OP on (instance) group_left () node_load1
rate(COUNTER[RANGE]) OP on (instance, job) group_left (nodename, release) node_uname_info
node_uname_info * on (instance) group_right (nodename) GAUGE
GAUGE * on (instance) group_left (version, goversion) node_exporter_build_info
sum by (instance) (GAUGE) OP on (instance) sum by (instance) (rate(COUNTER[RANGE]))
sum by (instance) (GAUGE) / ignoring (instance) group_left sum(GAUGE)
GAUGE SET GAUGEMATCHERS
GAUGE SET on (instance) node_load1
GAUGE SET ignoring (device) up == 1
sum by (job) (GAUGE) SET sum by (job) (up)
absent(GAUGE)
absent(GAUGEMATCHERS)
absent(nope{a="b",c=~"d",instance="x"})
absent(sum(nope{a="b"}))
absent_over_time(GAUGE[RANGE])
absent_over_time(nope{job="node",x!="y"}[RANGE])
label_replace(GAUGE, "host", "$1", "instance", "(.*):.*")
label_replace(GAUGE, "job", "", "job", ".*")
label_replace(up, "DEST", "${1}-$2", "instance", "([^:]*):(.*)")
label_join(GAUGE, "id", "/", "job", "instance", "nope")
histogram_quantile(PHI, rate(HISTOGRAM_bucket[RANGE]))
histogram_quantile(PHI, sum by (le) (rate(HISTOGRAM_bucket[RANGE])))
histogram_quantile(PHI, sum by (le, handler, job) (rate(HISTOGRAM_bucketMATCHERS[RANGE])))
histogram_quantile(PHI, HISTOGRAM_bucket)
sum by (handler) (rate(HISTOGRAM_sum[RANGE])) / sum by (handler) (rate(HISTOGRAM_count[RANGE]))
sum(rate(HISTOGRAM_bucket{le="0.1"}[RANGE])) / sum(rate(HISTOGRAM_count[RANGE]))
sum by (handler) (rate(HISTOGRAM_bucket{le=~"0.4|1|3|1.0|3.0"}[RANGE])) > 0
SUMMARY{quantile="0.5"}
max by (quantile) (SUMMARY)
rate(SUMMARY_sum[RANGE]) / rate(SUMMARY_count[RANGE])
clamp(GAUGE, 1, 100)
clamp_min(rate(COUNTER[RANGE]), 0.5)
clamp_max(GAUGE, 1e6)
round(GAUGE, 0.01)
timestamp(GAUGE)
timestamp(GAUGE OFFSET)
time() - node_boot_time_seconds
time() - timestamp(GAUGE) > 1
vector(time() > bool 1)
scalar(GAUGE)
scalar(sum(rate(COUNTER[RANGE]))) + 1
GAUGE or vector(0)
sum(COUNTERMATCHERS) or vector(0)
max_over_time(rate(COUNTER[45s])SUB)
avg_over_time(GAUGESUB)
OVER_over_time(GAUGESUB OFFSET)
min_over_time(sum by (instance) (irate(COUNTER[20s]))SUB)
quantile_over_time(PHI, sum(GAUGE)SUB)
deriv(GAUGESUB)
max_over_time(deriv(rate(COUNTER[20s])[1m:5s])[1m:10s])
rate(COUNTER[RANGE]) / rate(COUNTER[RANGE] offset 30s)
GAUGE - GAUGE offset 30s
GAUGE / GAUGE OFFSET
count(count by (instance, cpu) (node_cpu_seconds_total))
count by (instance) (node_cpu_seconds_total{mode="idle"})
1 - avg by (instance) (rate(node_cpu_seconds_total{mode=~"idle|iowait|steal"}[RANGE]))
100 - (avg by (instance, job) (irate(node_cpu_seconds_total{mode="idle"}[RANGE])) * 100)
sum by (instance, mode) (rate(node_cpu_seconds_total[RANGE])) / on (instance) group_left count by (instance) (count by (cpu, instance) (node_cpu_seconds_total))
sum without (cpu) (rate(node_cpu_seconds_total{mode!="idle"}[RANGE])) / scalar(count(up))
(1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) * 100 CMP 10
1 - (node_memory_MemFree_bytes + node_memory_Cached_bytes + node_memory_Buffers_bytes) / node_memory_MemTotal_bytes
node_filesystem_avail_bytes{fstype!~"tmpfs|overlay",mountpoint!=""} / node_filesystem_size_bytes * 100 CMP 40 and node_filesystem_readonly == 0
(node_filesystem_files_free / node_filesystem_files CMP bool 0.5) and on (instance, mountpoint) predict_linear(node_filesystem_files_free[RANGE], 3600) > 0
rate(node_network_receive_errs_total[RANGE]) / rate(node_network_receive_packets_total[RANGE]) > 0.01
sum by (instance) (rate(node_network_receive_bytes_total{device!~"lo|veth.+"}[RANGE])) * 8
(node_timex_offset_seconds > 0.05 and deriv(node_timex_offset_seconds[RANGE]) >= 0) or (node_timex_offset_seconds < -0.05 and deriv(node_timex_offset_seconds[RANGE]) <= 0)
min_over_time(node_timex_sync_status[RANGE]) == 0 and node_timex_maxerror_seconds >= 16
node_nf_conntrack_entries / node_nf_conntrack_entries_limit CMP 0.75
rate(node_vmstat_pgmajfault[RANGE]) > 500
increase(node_vmstat_oom_kill[RANGE]) CMP 0
node_load1 / on (instance) count by (instance) (node_cpu_seconds_total{mode="system"})
node_load1 > on (instance) group_left () count by (instance) (node_cpu_seconds_total{mode="idle"})
rate(node_disk_io_time_weighted_seconds_total{device=~"(sd|vd|nvme).*"}[RANGE]) OP 10
rate(node_disk_read_time_seconds_total[RANGE]) / rate(node_disk_reads_completed_total[RANGE])
up == 0
up{job="node"} == bool 1
sum by (job) (up == 0) or sum by (job) (up * 0)
count(up == 0) by (job) / count(up) by (job) * 100
avg_over_time(up[RANGE]) * 100
(sum by (job) (rate(prometheus_http_requests_total{code=~"5.."}[RANGE])) / sum by (job) (rate(prometheus_http_requests_total[RANGE]))) OP 2
sum by (code) (rate(prometheus_http_requests_total[RANGE]))
changes(process_start_time_seconds[RANGE]) > 2
count by (__name__) ({__name__=~"node_memory_.*_bytes"})
topk(K, count by (__name__, job) ({__name__=~".+"}))
count({job="node"}) by (instance)
sum({__name__=~"node_netstat_.*In.*"}) by (instance)
{__name__=~"node_(load|procs).*"}
{__name__=~"node_load.*",instance=~"localhost.*"} OFFSET
-GAUGE
-(rate(COUNTER[RANGE]))^2
+GAUGE - -GAUGE
GAUGE ^ 2 ^ 0.5
2 ^ 3 ^ 2
0x1F + 1e3 + 1_000
pi() * 2
GAUGE > 1 < 1e12
GAUGE * (GAUGE > bool 5)
GAUGE unless GAUGE > 100
sgn(delta(GAUGE[RANGE]))
stddev_over_time(rate(COUNTER[20s])SUB) / avg_over_time(rate(COUNTER[20s])SUB)
(GAUGE - avg_over_time(GAUGE[RANGE])) / stddev_over_time(GAUGE[RANGE])
AGG BY (label_replace(GAUGE, "kind", "$1", "instance", "(local|127).*"))
sum by (kind) (label_replace(rate(COUNTER[RANGE]), "kind", "x$1", "mode", "(i|u).*"))
group by (instance) (up) * on (instance) group_left sum by (instance, mode) (COUNTER)
max by (instance) (GAUGE) - min by (instance) (GAUGE) OFFSET
sum(GAUGE) by (instance) > bool on (instance) max(GAUGE) by (instance)
GAUGE + on () group_left () vector(1)
GAUGE * on () group_left () count(up)
"a string"
'it''s'
time()
vector(1)
sum(
rate(COUNTER)
GAUGE[RANGE]
sum(GAUGE[RANGE])
nope(GAUGE)
GAUGE + "x"
GAUGE + on (instance) COUNTER
GAUGE and 1
label_replace(up, "1bad(", "$1", "job", "(")
topk(GAUGE, up)
{job=~".*"}
{}
rate({__name__=~"node_(disk|network)_.*_total"}[RANGE])
sum by (__name__) (rate({__name__=~"node_(disk|network)_.*_total",device!="lo"}[RANGE]))
label_replace(rate(COUNTER[RANGE]), "metric", "$1", "__name__", "(.*)_total")
{__name__=~"node_memory_.*"} / 1024 > 1000
mad_over_time(GAUGE[RANGE])
double_exponential_smoothing(GAUGE[RANGE], 0.3, 0.7)
sort_by_label(GAUGE, "instance", "device")
sort_by_label_desc(GAUGE, "instance", "collector")
limitk(2, sum by (instance) (GAUGE))
info(rate(COUNTER[RANGE]), {__name__="node_uname_info"})
ts_of_max_over_time(GAUGE[RANGE])
ts_of_last_over_time(GAUGE[RANGE])
count(GAUGE offset 1m unless GAUGE)
sum by (instance) (GAUGE) * on (instance) group_left (job) (up == 1)
max by (instance) (max_over_time(GAUGE[RANGE])) - on (instance) group_right () GAUGE
avg without (cpu, mode) (rate(node_cpu_seconds_total{mode=~"user|system"}[RANGE])) > bool 0.5
histogram_quantile(PHI, sum without (instance) (rate(HISTOGRAM_bucket{handler=~"/api/v1/.*"}[RANGE])))
GAUGE{job=~"("}
GAUGE offset RANGE offset RANGE
histogram_quantile(GAUGE, up)
count_values("bad name!", up)
""".strip().split("\n")


def fill(template, rng, at):
    name = re.compile("AT\\b|" + "|".join(sorted(PARTS, key=len, reverse=True)))

    def one(match):
        return "%.3f" % at if match.group() == "AT" else rng.choice(PARTS[match.group()])

    filled = name.sub(one, template.replace("DEST", "host"))
    return name.sub(one, filled) if "@ AT" in filled else filled


def expressions(rng, count, at):
    """Different ones: each template once, then once more in turn until there are enough."""
    found = {}
    for template in itertools.islice(itertools.cycle(TEMPLATES), 50 * count):
        found.setdefault(fill(template, rng, at), None)
        if len(found) == count:
            break
    return list(found)


def compare(a, b, query, path):
    """What differs between the answers of both, or None."""
    if a["status"] == b["status"] == "error":
        return None if a["errorType"] == b["errorType"] else "kinds of error %s: %s, %s: %s" % (a["errorType"], a["error"], b["errorType"], b["error"])
    if "data" in a and a["data"]["resultType"] == "string":
        return None if a["data"]["result"][1] == b.get("data", {}).get("result", [0, None])[1] else "%s, %s" % (a, b)
    if a["status"] == b["status"] and a["data"]["resultType"] != b["data"]["resultType"]:
        return "types %s, %s" % (a["data"]["resultType"], b["data"]["resultType"])
    found = difference(a, b)
    if found:
        return found
    if path.endswith("query") and re.match("sort|topk\\(|bottomk\\(", query):
        values = [[series["value"][1] for series in answer["data"]["result"]] for answer in (a, b)]
        if not all(close(x, y) for x, y in zip(*values)):
            return "order %s, %s" % tuple(values)
    return None


def tied(a, b):
    """Whether both chose among equal values: the same values of each time under other labels."""
    sides = [sorted((t, float(v)) for points in by_labels(answer["data"]["result"]).values() for t, v in points.items()) for answer in (a, b)]
    return len(sides[0]) == len(sides[1]) and all(x[0] == y[0] and close(x[1], y[1]) for x, y in zip(*sides))


def scrape(lab, write, targets):
    jobs = "".join(
        "- job_name: %s\n  static_configs: [{targets: %s}]\n" % (job, json.dumps(addresses)) for job, addresses in targets.items())
    with open(lab + "/prometheus.yml", "w") as config:
        config.write("global: {scrape_interval: 3s, scrape_timeout: 2s}\nscrape_configs:\n" + jobs)
        config.write("remote_write: [{url: '%s/api/v1/write', queue_config: {batch_send_deadline: 1s}}]\n" % write)


def caught_up(prom, ours, at):
    """Waits until Trilith has what Prometheus has at a time; gives both counts."""
    for _ in range(60):
        counts = [ask(base, "/api/v1/query", {"query": 'count({__name__=~".+"})', "time": at}) for base in (prom, ours)]
        counts = [answer["data"]["result"][0]["value"][1] if answer["data"]["result"] else "0" for answer in counts]
        if counts[0] == counts[1]:
            break
        time.sleep(1)
    return counts


def run(args, prom, ours, rng, since, end):
    equal, differing, errors, empty, ties = 0, 0, 0, 0, 0
    asked = [e for e in expressions(rng, args.expressions, end - 60.5) if args.only in e]
    for number, query in enumerate(asked):
        at = round(end - rng.random() * (end - since) * 0.4, 3)
        step = rng.choice([1, 3, 5, 7.5, 15])
        found = None
        for path, parameters in (
            ("/api/v1/query", {"query": query, "time": at}),
            ("/api/v1/query_range", {"query": query, "start": round(at - 25 * step, 3), "end": at, "step": step}),
        ):
            answers = [ask(base, path, parameters) for base in (prom, ours)]
            errors += answers[0]["status"] == "error"
            empty += answers[0]["status"] == "success" and not answers[0]["data"]["result"]
            different = compare(*answers, query, path)
            if different and re.search("topk|bottomk", query) and answers[0]["status"] == answers[1]["status"] and tied(*answers):
                ties, different = ties + 1, None
            if different and not found:
                found = (path, parameters, different)
        if args.v:
            print("%4d %s" % (number, query))
        equal, differing = equal + (not found), differing + bool(found)
        if found:
            print("DIFFERS %s\n    %s %s\n    %s" % (query, found[0], json.dumps(found[1]), str(found[2])[:600]), flush=True)
    print("answers: %d errors, %d empty, %d with other ones of equal values (topk, bottomk)" % (errors, empty, ties))
    print("%d equal, %d differ" % (equal, differing))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prometheus", required=True)
    parser.add_argument("--trilith", required=True)
    parser.add_argument("--node-exporter", default="/usr/bin/prometheus-node-exporter")
    parser.add_argument("--seconds", type=int, default=180, help="how long to scrape")
    parser.add_argument("--expressions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only expressions with this text")
    parser.add_argument("--keep", action="store_true", help="wait for Enter before the end, with both servers up")
    parser.add_argument("-v", action="store_true", help="show every expression")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    lab = tempfile.mkdtemp(prefix="promql-peer-")
    log = open(lab + "/log", "w")
    ports = [free_port() for _ in range(4)]
    prom, ours, steady, ending = ("http://127.0.0.1:%d" % port for port in ports)
    processes = []
    try:
        for url in (steady, ending):
            processes.append(start([args.node_exporter, "--web.listen-address=" + url[7:]], log, url))
        processes.append(start(
            args.trilith.split() + ["serve", "--data-dir", lab + "/trilith", "--http-listen", ours[7:], "--otlp-grpc-listen", "127.0.0.1:0",
             "--otlp-http-listen", "127.0.0.1:0"], log, ours + "/ready"))
        targets = {"node": [steady[7:], "localhost:%d" % ports[2], ending[7:]], "prometheus": [prom[7:]], "trilith": [ours[7:]]}
        scrape(lab, ours, targets)
        since = time.time()
        processes.append(start(
            [args.prometheus, "--config.file=" + lab + "/prometheus.yml", "--storage.tsdb.path=" + lab + "/prometheus",
             "--web.listen-address=" + prom[7:], "--enable-feature=promql-at-modifier,promql-negative-offset,promql-experimental-functions,promql-delayed-name-removal"], log, prom + "/-/ready"))
        print("%s\nTrilith %s" % (prom, ours), flush=True)
        time.sleep(args.seconds * 0.6)
        os.killpg(processes[1].pid, signal.SIGKILL)
        time.sleep(args.seconds * 0.4)
        end = time.time() - 5
        print("series at the end: Prometheus %s, Trilith %s; seed %d" % (*caught_up(prom, ours, end), args.seed), flush=True)
        run(args, prom, ours, rng, since, end)
        if args.keep:
            input()
    finally:
        for process in processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        log.close()
        shutil.rmtree(lab, ignore_errors=True)


if __name__ == "__main__":
    main()
