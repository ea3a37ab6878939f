package io.trilith.ingest.metrics;

import io.trilith.net.wire.Numbers;
import io.trilith.net.wire.ProtoReader;
import org.jspecify.annotations.Nullable;

/**
 * One data point of any kind as it came, reused from point to point. Which fields mean something
 * depends on the kind. Not thread-safe.
 */
final class OtlpPoint {
  /** The kinds of data, by their field number in Metric. */
  enum Kind {
    GAUGE(5),
    SUM(7),
    HISTOGRAM(9),
    EXPONENTIAL(10),
    SUMMARY(11);

    private final int field;

    Kind(int field) {
      this.field = field;
    }

    int field() {
      return field;
    }

    static @Nullable Kind of(int field) {
      return switch (field) {
        case 5 -> GAUGE;
        case 7 -> SUM;
        case 9 -> HISTOGRAM;
        case 10 -> EXPONENTIAL;
        case 11 -> SUMMARY;
        default -> null;
      };
    }
  }

  private static final int FLAG_NO_VALUE = 1;

  /** Buckets of one sign of an exponential histogram. */
  static final class Buckets {
    int offset;
    final Numbers counts = new Numbers();

    void read(ProtoReader in) {
      for (int field = in.next(); field != 0; field = in.next()) {
        switch (field) {
          case 1 -> offset = in.zigzag32();
          case 2 -> in.varints(counts);
          default -> in.skip();
        }
      }
    }
  }

  private final ProtoReader inner = new ProtoReader(new byte[0]);
  final AttributeSet attributes;
  final Numbers bucketCounts = new Numbers();
  final Numbers bounds = new Numbers();
  final Numbers quantiles = new Numbers();
  final Numbers quantileValues = new Numbers();
  final Buckets positive = new Buckets();
  final Buckets negative = new Buckets();

  /** Where each exemplar starts and ends. */
  final Numbers exemplars = new Numbers();

  long startMillis;
  long timeMillis;
  double value;
  long count;
  double sum;
  boolean hasSum;
  boolean noValue;
  int scale;
  long zeroCount;
  double zeroThreshold;

  OtlpPoint(AttributeSet attributes) {
    this.attributes = attributes;
  }

  void read(Kind kind, ProtoReader in) {
    clear();
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 2) {
        startMillis = millis(in.fixed64());
      } else if (field == 3) {
        timeMillis = millis(in.fixed64());
      } else {
        switch (kind) {
          case GAUGE, SUM -> number(field, in);
          case HISTOGRAM -> histogram(field, in);
          case EXPONENTIAL -> exponential(field, in);
          case SUMMARY -> summary(field, in);
        }
      }
    }
  }

  private void clear() {
    attributes.clear();
    bucketCounts.clear();
    bounds.clear();
    quantiles.clear();
    quantileValues.clear();
    positive.offset = 0;
    positive.counts.clear();
    negative.offset = 0;
    negative.counts.clear();
    exemplars.clear();
    startMillis = 0;
    timeMillis = 0;
    value = 0;
    count = 0;
    sum = 0;
    hasSum = false;
    noValue = false;
    scale = 0;
    zeroCount = 0;
    zeroThreshold = 0;
  }

  /** Nanoseconds are unsigned on the wire. */
  static long millis(long nanos) {
    return Long.divideUnsigned(nanos, 1_000_000);
  }

  private void number(int field, ProtoReader in) {
    switch (field) {
      case 4 -> value = in.float64();
      case 5 -> exemplar(in);
      case 6 -> value = in.fixed64();
      case 7 -> attribute(in);
      case 8 -> flags(in);
      default -> in.skip();
    }
  }

  private void histogram(int field, ProtoReader in) {
    switch (field) {
      case 4 -> count = in.fixed64();
      case 5 -> sum(in);
      case 6 -> in.fixed64s(bucketCounts);
      case 7 -> in.fixed64s(bounds);
      case 8 -> exemplar(in);
      case 9 -> attribute(in);
      case 10 -> flags(in);
      default -> in.skip();
    }
  }

  private void exponential(int field, ProtoReader in) {
    switch (field) {
      case 1 -> attribute(in);
      case 4 -> count = in.fixed64();
      case 5 -> sum(in);
      case 6 -> scale = in.zigzag32();
      case 7 -> zeroCount = in.fixed64();
      case 8 -> buckets(positive, in);
      case 9 -> buckets(negative, in);
      case 10 -> flags(in);
      case 11 -> exemplar(in);
      case 14 -> zeroThreshold = in.float64();
      default -> in.skip();
    }
  }

  private void attribute(ProtoReader in) {
    in.message(inner);
    attributes.add(inner);
  }

  private void exemplar(ProtoReader in) {
    in.message(inner);
    exemplars.add(inner.offset());
    exemplars.add(inner.limit());
  }

  private void summary(int field, ProtoReader in) {
    switch (field) {
      case 4 -> count = in.fixed64();
      case 5 -> sum(in);
      case 6 -> quantile(in);
      case 7 -> attribute(in);
      case 8 -> flags(in);
      default -> in.skip();
    }
  }

  private void buckets(Buckets side, ProtoReader in) {
    in.message(inner);
    side.read(inner);
  }

  private void quantile(ProtoReader in) {
    in.message(inner);
    long quantile = 0;
    long at = 0;
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> quantile = inner.fixed64();
        case 2 -> at = inner.fixed64();
        default -> inner.skip();
      }
    }
    quantiles.add(quantile);
    quantileValues.add(at);
  }

  private void sum(ProtoReader in) {
    sum = in.float64();
    hasSum = true;
  }

  private void flags(ProtoReader in) {
    noValue = (in.varint() & FLAG_NO_VALUE) != 0;
  }
}
