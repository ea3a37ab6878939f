package io.trilith.ingest.generator;

import io.trilith.tracestore.columns.SpanView;
import io.trilith.tsdb.MetricBatch;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** What is made of one tenant's spans. Thread-safe; writes come one at a time. */
final class TenantGenerator {
  private final GeneratorRules rules;
  private final GeneratorMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();
  private final ActiveSeries active;
  private final SpanMetrics spanMetrics;
  private final TargetInfo targets;
  private final ServiceGraph graph;
  private boolean described;
  private long lastBatch;
  private boolean retired;

  TenantGenerator(GeneratorRules rules, GeneratorMetrics metrics) {
    this.rules = rules;
    this.metrics = metrics;
    active = new ActiveSeries(rules.writing().maxActiveSeries());
    spanMetrics = new SpanMetrics(rules, active);
    targets = new TargetInfo(rules, active);
    graph = new ServiceGraph(rules, active, metrics);
  }

  /**
   * Counts the spans of a batch. Says no when it was {@link #retire}d: then another one is to be
   * asked.
   */
  boolean count(SpanView batch, long now) {
    boolean single = rules.spans().enabled();
    boolean info = rules.spans().targetInfo();
    boolean pairs = rules.graphs().enabled();
    BatchSpan span = new BatchSpan(batch, rules.limits().labelValueMax());
    lock.lock();
    try {
      if (retired) {
        return false;
      }
      lastBatch = now;
      graph.expire(now);
      for (int i = 0; i < batch.size(); i++) {
        BatchSpan next = span.at(i);
        if (single) {
          spanMetrics.count(next, now);
        }
        if (info) {
          targets.see(next.resource(), now);
        }
        if (pairs) {
          graph.count(next, now);
        }
      }
      targets.endBatch();
    } finally {
      lock.unlock();
    }
    metrics.spans(batch.size());
    return true;
  }

  /** Takes no more batches when there was none since a time and nothing of it is left. */
  boolean retire(long since) {
    lock.lock();
    try {
      retired |= lastBatch <= since && active.isEmpty() && graph.openEdges() == 0;
      return retired;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes all series that are alive and the end of those that are not.
   *
   * @param last whether no span will come any more, so that nothing waits for its other side
   */
  void write(long now, boolean last, Consumer<MetricBatch> store) {
    SampleWriter out = new SampleWriter(now);
    long staleSince = now - rules.writing().staleAfter().toMillis();
    List<SeriesGroup> first;
    lock.lock();
    try {
      if (last) {
        graph.expireAll(now);
      } else {
        graph.expire(now);
      }
      if (!described && !active.isEmpty()) {
        describe(out);
      }
      first = active.write(out, staleSince);
    } finally {
      lock.unlock();
    }
    // Not under the lock: spans must not wait for the disk. When this fails, all of it is written
    // again at the next turn.
    List<MetricBatch> batches = out.batches();
    batches.forEach(store);
    lock.lock();
    try {
      described |= !batches.isEmpty();
      first.forEach(SeriesGroup::announced);
      active.removeUntouched(staleSince);
    } finally {
      lock.unlock();
    }
  }

  private static void describe(SampleWriter out) {
    SpanMetrics.describe(out);
    TargetInfo.describe(out);
    ServiceGraph.describe(out);
  }

  int activeSeries() {
    lock.lock();
    try {
      return active.active();
    } finally {
      lock.unlock();
    }
  }

  long overflowed() {
    lock.lock();
    try {
      return active.overflowed();
    } finally {
      lock.unlock();
    }
  }

  int openEdges() {
    lock.lock();
    try {
      return graph.openEdges();
    } finally {
      lock.unlock();
    }
  }
}
