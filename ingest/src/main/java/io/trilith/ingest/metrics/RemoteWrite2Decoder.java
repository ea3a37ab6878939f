package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.ingest.Rejections;
import io.trilith.net.wire.Numbers;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.Exemplar;
import io.trilith.tsdb.MetricBatch;
import io.trilith.tsdb.NativeHistogram;

/**
 * Reads io.prometheus.write.v2.Request into a batch. A series or histogram that breaks a rule is
 * counted and left out; malformed bytes and references to no symbol end the whole request. One per
 * request. Not thread-safe.
 */
final class RemoteWrite2Decoder {
  private final LimitsConfig limits;
  private final Rejections rejections;
  private final byte[] message;
  private final MetricParts parts;
  private final MetricBatch batch;
  private final Symbols symbols;
  private final SymbolKeys keys;
  private final SeriesLabels labels;
  private final HistogramDecoder histograms = new HistogramDecoder();
  private final ProtoReader series = new ProtoReader(new byte[0]);
  private final ProtoReader inner = new ProtoReader(new byte[0]);
  private final Numbers references = new Numbers();

  /** By symbol of a metric's name: the help symbol seen with it last, plus one. */
  private int[] helpOfName = new int[0];

  /** Of the series that is read: since when its samples count, unless they say themselves. */
  private long created;

  RemoteWrite2Decoder(
      LimitsConfig limits, Rejections rejections, byte[] message, MetricParts parts) {
    this.limits = limits;
    this.rejections = rejections;
    this.message = message;
    this.parts = parts;
    this.batch = parts.batch();
    batch.reset(message, null);
    this.symbols = new Symbols(message);
    this.keys = new SymbolKeys(message, symbols, limits, batch.ownKeys());
    this.labels = new SeriesLabels(limits);
  }

  /**
   * The message belongs to the batch from then on.
   *
   * @param memory of the request, for what is kept of its symbols
   */
  MetricBatch decode(Booking memory) {
    ProtoReader in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 4) {
        in.message(inner);
        symbols.add(inner);
      } else {
        in.skip();
      }
    }
    memory.take(symbols.bytes());
    helpOfName = new int[symbols.size()];
    keys.begin();
    in = new ProtoReader(message);
    for (int field = in.next(); field != 0; field = in.next()) {
      if (field == 5) {
        in.message(series);
        timeSeries();
        if (parts.itemAdded()) {
          keys.forgetLast();
        }
      } else {
        in.skip();
      }
    }
    return batch;
  }

  private void timeSeries() {
    ProtoReader second = series.copy();
    references.clear();
    created = 0;
    long items = 0;
    boolean exemplars = false;
    for (int field = series.next(); field != 0; field = series.next()) {
      switch (field) {
        case 1 -> series.varints(references);
        case 2, 3 -> {
          items++;
          series.skip();
        }
        case 4 -> {
          exemplars = true;
          series.skip();
        }
        case 6 -> created = series.varint();
        default -> series.skip();
      }
    }
    if (references.size() == Numbers.MAX) {
      rejections.add(
          "too_many_labels", items, "a series has " + Numbers.MAX + " label references or more");
      return;
    }
    int nameSymbol = checkReferences();
    int number = items > 0 || exemplars ? addSeries(items) : -1;
    if (number < 0 && (items > 0 || exemplars)) {
      return;
    }
    values(second, number, nameSymbol);
  }

  /** Checks the references and returns the symbol of the metric's name, or -1. */
  private int checkReferences() {
    if (references.size() % 2 != 0) {
      throw new InvalidRequestException(
          "a series has " + references.size() + " label references, which are not pairs");
    }
    return keys.check(references);
  }

  private void values(ProtoReader in, int number, int nameSymbol) {
    int series = number;
    for (int field = in.next(); field != 0; field = in.next()) {
      if (series >= 0 && parts.isFull()) {
        byte[] key = batch.keyCopy(series);
        parts.handOver();
        keys.forgetLast();
        int from = batch.ownKeys().size();
        batch.ownKeys().putBytes(key, 0, key.length);
        series = batch.addOwnSeries(from);
      }
      switch (field) {
        case 2 -> {
          in.message(inner);
          sample(series);
        }
        case 3 -> {
          in.message(inner);
          histogram(series, nameSymbol);
        }
        case 4 -> {
          in.message(inner);
          exemplar(series);
        }
        case 5 -> {
          in.message(inner);
          metadata(nameSymbol);
        }
        default -> in.skip();
      }
    }
  }

  /** Adds the series of the references; -1 when it is refused. */
  private int addSeries(long items) {
    int from = keys.put(references);
    return from < 0 ? addUnordered(items) : batch.addOwnSeries(from);
  }

  private int addUnordered(long items) {
    labels.clear();
    for (int i = 0; i < references.size(); i += 2) {
      labels.add(symbols.text((int) references.get(i)), symbols.text((int) references.get(i + 1)));
    }
    Labels built = labels.build(items, rejections);
    return built == null ? -1 : batch.addSeries(built);
  }

  private void sample(int number) {
    double value = 0;
    long timestamp = 0;
    long start = 0;
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> value = inner.float64();
        case 2 -> timestamp = inner.varint();
        case 3 -> start = inner.varint();
        default -> inner.skip();
      }
    }
    batch.addSample(number, timestamp, start == 0 ? created : start, value);
  }

  private void histogram(int number, int nameSymbol) {
    NativeHistogram histogram = NativeHistograms.stored(histograms.read(inner));
    String problem = HistogramChecks.problem(histogram, limits);
    if (problem != null) {
      String name = nameSymbol < 0 ? "" : symbols.text(nameSymbol);
      rejections.add(
          "invalid_histogram", 1, "native histogram " + Rejections.quoted(name) + ": " + problem);
      return;
    }
    long start = histograms.startTimestamp();
    batch.addHistogram(number, histograms.timestamp(), start == 0 ? created : start, histogram);
  }

  private void exemplar(int number) {
    references.clear();
    double value = 0;
    long timestamp = 0;
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> inner.varints(references);
        case 2 -> value = inner.float64();
        case 3 -> timestamp = inner.varint();
        default -> inner.skip();
      }
    }
    checkReferences();
    labels.clear();
    labels.add(Labels.NAME, "exemplar");
    for (int i = 0; i < references.size(); i += 2) {
      labels.add(symbols.text((int) references.get(i)), symbols.text((int) references.get(i + 1)));
    }
    Labels built = labels.build(1, rejections);
    if (built != null) {
      Labels without = built.filter(label -> !label.equals(Labels.NAME));
      batch.addExemplar(number, new Exemplar(without, value, timestamp));
    }
  }

  private void metadata(int nameSymbol) {
    long type = 0;
    int help = 0;
    int unit = 0;
    for (int field = inner.next(); field != 0; field = inner.next()) {
      switch (field) {
        case 1 -> type = inner.varint();
        case 3 -> help = symbols.index(inner.varint());
        case 4 -> unit = symbols.index(inner.varint());
        default -> inner.skip();
      }
    }
    boolean empty = type == 0 && length(help) == 0 && length(unit) == 0;
    if (nameSymbol < 0 || empty || helpOfName[nameSymbol] == help + 1) {
      return;
    }
    helpOfName[nameSymbol] = help + 1;
    String family = Metadata.family(symbols.text(nameSymbol), type);
    Metadata.add(batch, limits, family, type, lenient(unit), lenient(help));
  }

  private int length(int symbol) {
    return symbols.size() == 0 ? 0 : symbols.length(symbol);
  }

  private String lenient(int symbol) {
    return symbols.size() == 0 ? "" : symbols.lenient(symbol);
  }
}
