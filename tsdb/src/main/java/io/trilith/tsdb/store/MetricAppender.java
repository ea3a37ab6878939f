package io.trilith.tsdb.store;

import io.trilith.storage.model.TenantId;
import io.trilith.tsdb.MetricBatch;
import java.util.List;

/** The write side of the metrics store. Thread-safe. */
public interface MetricAppender {
  /**
   * Stores a batch. On return it is durable (the log has it on disk) and visible to queries. Items
   * older than the retention are refused one by one, the rest is kept; the answer tells how many
   * and why.
   *
   * @throws MetricBatch.UnfitKeyException when a series that is not known has labels which nobody
   *     checked ({@link MetricBatch#checkKey}) and which are no key: nothing was kept
   * @throws io.trilith.storage.error.LimitExceededException when the store is full for now: nothing
   *     was kept
   * @throws io.trilith.storage.error.StorageException when the log cannot be written: the outcome
   *     is unknown
   */
  AppendResult append(TenantId tenant, MetricBatch batch);

  /**
   * A sample that was lost.
   *
   * @param series its number in the batch
   * @param timestamp milliseconds since 1970
   * @param earlier whether it came with a batch before, and series is that of the one in its place
   */
  record Overwritten(int series, long timestamp, boolean earlier) {}

  /**
   * Samples and histograms that were refused.
   *
   * @param message why the first was, empty when none was
   */
  record Refused(long items, String message) {
    /** Nothing was. */
    public static final Refused NONE = new Refused(0, "");

    private Refused plus(Refused other) {
      return new Refused(items + other.items, items > 0 ? message : other.message);
    }
  }

  /**
   * What became of a batch.
   *
   * @param samples floats kept
   * @param outsideRetention what is too old or too far ahead
   * @param beyondSeriesLimit what is of series of which a tenant has too many
   * @param beyondMetricLimit what is of series of which a tenant has too many of one name
   * @param overwritten samples and histograms whose place another one of the batch has taken, which
   *     has the same series and time and another value. Of batches before only those are known that
   *     are the last of their series or came out of order, and are in memory
   */
  record AppendResult(
      long samples,
      long histograms,
      long exemplars,
      Refused outsideRetention,
      Refused beyondSeriesLimit,
      Refused beyondMetricLimit,
      List<Overwritten> overwritten) {
    /** With everything kept. */
    public AppendResult(long samples, long histograms, long exemplars) {
      this(samples, histograms, exemplars, Refused.NONE, Refused.NONE, Refused.NONE, List.of());
    }

    /** Samples and histograms refused. */
    public long rejected() {
      return outsideRetention.items + beyondSeriesLimit.items + beyondMetricLimit.items;
    }

    /** Why the first of them was, empty when none was. */
    public String reason() {
      return outsideRetention.plus(beyondSeriesLimit).plus(beyondMetricLimit).message;
    }

    /** What became of two batches together; what was overwritten is of one batch and left out. */
    public AppendResult plus(AppendResult other) {
      return new AppendResult(
          samples + other.samples,
          histograms + other.histograms,
          exemplars + other.exemplars,
          outsideRetention.plus(other.outsideRetention),
          beyondSeriesLimit.plus(other.beyondSeriesLimit),
          beyondMetricLimit.plus(other.beyondMetricLimit),
          List.of());
    }

    /** Floats and histograms kept. */
    public long accepted() {
      return samples + histograms;
    }
  }
}
