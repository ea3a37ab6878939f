package io.trilith.server;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.engine.Admission;
import io.trilith.ingest.ShownTenants;
import io.trilith.server.node.Node;
import io.trilith.server.node.ProcessMemory;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.catalog.CatalogState;
import io.trilith.storage.flush.HeadBudget;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.object.CachedObjectStore;
import io.trilith.storage.object.RequestCounts;
import io.trilith.storage.object.s3.S3ObjectStore;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.OperatingSystemMXBean;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The process's own metrics: log, catalog, heads, JVM. Values are read when somebody asks. */
final class SelfMetrics {
  private final PrometheusRegistry registry;

  private SelfMetrics(PrometheusRegistry registry) {
    this.registry = registry;
  }

  static void register(
      PrometheusRegistry registry,
      Node node,
      ProcessMemory memory,
      Admission admission,
      String version) {
    SelfMetrics metrics = new SelfMetrics(registry);
    metrics.node(node);
    S3ObjectStore bucket = node.objects().bucket();
    CachedObjectStore cache = node.objects().cache();
    if (bucket != null && cache != null) {
      metrics.bucket(bucket, cache);
    }
    metrics.removals(node);
    metrics.memory(memory, node.log().budget());
    metrics.queries(admission);
    metrics.jvm();
    GaugeWithCallback.builder()
        .name("trilith_build_info")
        .help("Always 1; the version is in the label.")
        .labelNames("version")
        .callback(callback -> callback.call(1, version))
        .register(registry);
  }

  private void node(Node node) {
    gauge(
        "trilith_log_bytes",
        "Size of the write-ahead log.",
        () -> node.log().wal().stats().bytes());
    gauge("trilith_log_segments", "Files of the log.", () -> node.log().wal().stats().segments());
    gauge(
        "trilith_log_next_offset",
        "Offset of the log's next record.",
        () -> node.log().wal().next());
    counter("trilith_log_syncs_total", "Syncs of the log.", () -> node.log().wal().stats().syncs());
    counter(
        "trilith_log_torn_bytes_total",
        "Bytes of torn ends of the log, never acknowledged, that were cut at the start.",
        () -> node.log().wal().stats().tornBytes());
    counter(
        "trilith_log_damaged_records_total",
        "Damaged places of the log that were skipped.",
        () -> node.log().wal().stats().damagedRecords());
    gauge(
        "trilith_catalog_commit",
        "Number of the catalog's last commit.",
        () -> node.catalog().state().number());
    gauge(
        "trilith_catalog_blocks",
        "Blocks that are live.",
        () -> node.catalog().state().blocks().size());
    gauge(
        "trilith_blocks_aside",
        "Live blocks that queries leave out, because their objects are damaged or lost.",
        () -> node.faulty().aside().size());
    gauge("trilith_head_bytes", "Memory of all heads, roughly.", () -> node.log().budget().used());
    gauge("trilith_head_series", "Series in heads.", () -> node.stores().metrics().headSeries());
    byTenant(
        "trilith_active_series",
        "Series that a tenant has in memory: what limits.max-global-series-per-user counts.",
        () -> node.stores().metrics().activeSeries());
    byTenant(
        "trilith_metric_active_series_max",
        "Series in memory of the tenant's metric that has the most.",
        () -> node.stores().metrics().largestMetrics());
    gauge(
        "trilith_bucket_quota_bytes",
        "Bytes that blocks may have, retention.max-bytes; 0 when that is not limited.",
        () -> node.removal().retention().maxBytes());
    gauge(
        "trilith_bucket_bytes",
        "Bytes of all live blocks.",
        () -> node.catalog().state().blocks().values().stream().mapToLong(BlockEntry::bytes).sum());
    gauge(
        "trilith_head_streams", "Log streams in heads.", () -> node.stores().logs().headStreams());
    gauge("trilith_head_traces", "Traces in heads.", () -> node.stores().traces().headTraces());
    counter("trilith_flushes_total", "Heads flushed.", () -> node.log().flusher().flushes());
    counter(
        "trilith_flush_failures_total",
        "Flushes that failed.",
        () -> node.log().flusher().failures());
  }

  /** A gauge of the first 500 tenants; the others are one. */
  private void byTenant(String name, String help, Supplier<Map<TenantId, Integer>> values) {
    ShownTenants shown = new ShownTenants();
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("tenant")
        .callback(
            callback -> {
              Map<String, Integer> sums = new TreeMap<>();
              values.get().forEach((tenant, n) -> sums.merge(shown.shown(tenant), n, Integer::sum));
              sums.forEach((tenant, sum) -> callback.call(sum, tenant));
            })
        .register(registry);
  }

  private void bucket(S3ObjectStore bucket, CachedObjectStore cache) {
    CounterWithCallback.builder()
        .name("trilith_object_requests_total")
        .help("Requests to the bucket, each attempt counted.")
        .labelNames("operation")
        .callback(
            callback -> {
              for (RequestCounts.Operation operation : RequestCounts.Operation.values()) {
                callback.call((double) bucket.counts().of(operation), operation.text());
              }
            })
        .register(registry);
    gauge(
        "trilith_bucket_reachable",
        "1, or 0 while no requests are made because too many failed in a row.",
        () -> bucket.isReachable() ? 1 : 0);
    gauge("trilith_object_cache_bytes", "Copies of objects on disk.", cache::cachedBytes);
    gauge(
        "trilith_object_staged", "Blocks on disk that wait for their upload.", cache::stagedBlocks);
  }

  private void removals(Node node) {
    gauge(
        "trilith_deletions_active",
        "Deletions that are not completed.",
        () -> node.catalog().state().removals().active().size());
    gauge(
        "trilith_deletions_pending_bytes",
        "Bytes of blocks that may have rows of a deletion.",
        () -> {
          CatalogState state = node.catalog().state();
          return state.removals().active().values().stream()
              .flatMap(deletion -> deletion.pending(state).stream())
              .distinct()
              .mapToLong(BlockEntry::bytes)
              .sum();
        });
    gauge(
        "trilith_retention_restorable_blocks",
        "Blocks that retention removed and that can be restored.",
        () -> node.catalog().state().removals().doomed().size());
    gauge(
        "trilith_readers_open",
        "Readers that hold blocks and heads: those of the requests that run.",
        () ->
            node.stores().metrics().openReaders()
                + node.stores().logs().openReaders()
                + node.stores().traces().openReaders());
    gauge(
        "trilith_retention_refused",
        "1 when retention does nothing until it is confirmed, see 'trilith retention plan'.",
        () -> node.removal().retention().isRefusing() ? 1 : 0);
  }

  private void memory(ProcessMemory memory, HeadBudget heads) {
    shares("trilith_memory_used_bytes", "Bytes of the heap taken now.", memory, MemoryShare::used);
    shares("trilith_memory_max_bytes", "Bytes of the heap at most.", memory, MemoryShare::max);
    shares("trilith_memory_peak_bytes", "The most bytes at once.", memory, MemoryShare::peak);
    CounterWithCallback.builder()
        .name("trilith_memory_refused_total")
        .help("How often bytes were asked for in vain.")
        .labelNames("share")
        .callback(
            callback ->
                memory.all().forEach(share -> callback.call((double) share.refused(), name(share))))
        .register(registry);
    gauge(
        "trilith_memory_heads_bytes",
        "Heads, running flushes and what is kept from head to head.",
        heads::held);
    gauge("trilith_memory_heads_max_bytes", "Of these, at most.", heads::max);
  }

  private void shares(
      String name, String help, ProcessMemory memory, ToLongFunction<MemoryShare> value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames("share")
        .callback(
            callback ->
                memory
                    .all()
                    .forEach(
                        share -> callback.call((double) value.applyAsLong(share), name(share))))
        .register(registry);
  }

  /** The first word of its key, behind the dot. */
  private static String name(MemoryShare share) {
    int end = share.key().indexOf(' ');
    return share
        .key()
        .substring(share.key().indexOf('.') + 1, end < 0 ? share.key().length() : end);
  }

  private void queries(Admission admission) {
    gauge("trilith_queries_running", "Queries that are evaluated now.", admission::running);
    gauge("trilith_queries_waiting", "Queries that wait for their turn.", admission::waiting);
  }

  private void jvm() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    gauge(
        "jvm_memory_heap_used_bytes", "Heap in use.", () -> memory.getHeapMemoryUsage().getUsed());
    gauge("jvm_memory_heap_max_bytes", "Heap at most.", () -> memory.getHeapMemoryUsage().getMax());
    gauge(
        "jvm_memory_nonheap_used_bytes",
        "Memory of the JVM beside the heap.",
        () -> memory.getNonHeapMemoryUsage().getUsed());
    gauge(
        "jvm_threads",
        "Platform threads.",
        () -> ManagementFactory.getThreadMXBean().getThreadCount());
    counter(
        "jvm_gc_seconds_total",
        "Time spent in garbage collection.",
        () -> {
          long millis = 0;
          for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
            millis += Math.max(0, gc.getCollectionTime());
          }
          return millis / 1000.0;
        });
    OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
    if (system instanceof com.sun.management.OperatingSystemMXBean process) {
      counter(
          "process_cpu_seconds_total",
          "CPU time of the process.",
          () -> process.getProcessCpuTime() / 1e9);
    }
    double start = ManagementFactory.getRuntimeMXBean().getStartTime() / 1000.0;
    gauge("process_start_time_seconds", "When the process started, since 1970.", () -> start);
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  private void counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }
}
