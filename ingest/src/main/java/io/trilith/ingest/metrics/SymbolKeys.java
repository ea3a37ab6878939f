package io.trilith.ingest.metrics;

import io.trilith.config.LimitsConfig;
import io.trilith.net.wire.Numbers;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.tsdb.SeriesKey;
import java.util.Arrays;

/**
 * Writes series' keys from label references. A series mostly has the labels of the one before it
 * but for a few: what is the same at the same place is copied from that one's key in one go and was
 * checked there; other labels are encoded once per request. Not thread-safe.
 */
final class SymbolKeys {
  /** Bytes of encoded labels that are kept: small values under a long name could need many. */
  private static final int LABELS_BYTES_MAX = 1 << 20;

  private final byte[] message;
  private final Symbols symbols;
  private final LimitsConfig limits;
  private final ByteWriter out;

  // Encoded labels, by the symbol of their value: the name's symbol plus one, and where.
  private final ByteWriter labels = new ByteWriter();
  private int[] names = new int[0];
  private int[] offsets = new int[0];
  private int[] lengths = new int[0];

  // The series written last: its references, and where its labels end in its key.
  private int[] last = new int[64];
  private int[] lastEnds = new int[32];
  private int[] ends = new int[32];
  private int lastFrom;
  private int lastSize;

  SymbolKeys(byte[] message, Symbols symbols, LimitsConfig limits, ByteWriter out) {
    this.message = message;
    this.symbols = symbols;
    this.limits = limits;
    this.out = out;
  }

  /** Must be called once, when all symbols are known. */
  void begin() {
    names = new int[symbols.size()];
    offsets = new int[symbols.size()];
    lengths = new int[symbols.size()];
  }

  /**
   * Refuses references to nothing and to what is no text.
   *
   * @return the symbol of the metric's name, -1 when there is none
   */
  int check(Numbers references) {
    int nameSymbol = -1;
    for (int i = 0; i < references.size(); i++) {
      long reference = references.get(i);
      int symbol = (int) reference;
      if (i >= lastSize || last[i] != reference) {
        symbol = symbols.index(reference);
        symbols.check(symbol);
      }
      if ((i & 1) == 1 && symbols.isMetricName((int) references.get(i - 1))) {
        nameSymbol = symbol;
      }
    }
    return nameSymbol;
  }

  /**
   * Writes the key of references that were checked, in pairs.
   *
   * @return where it starts; -1 when these labels, one after the other, are no key or break a limit
   */
  int put(Numbers references) {
    int size = references.size();
    if (size / 2 > limits.labelsPerSeriesMax()) {
      return -1;
    }
    if (size > last.length) {
      last = Arrays.copyOf(last, 2 * size);
      lastEnds = Arrays.copyOf(lastEnds, size);
      ends = Arrays.copyOf(ends, size);
    }
    int from = out.size();
    boolean named = false;
    boolean known = true; // whether the last name is the same as in the series before
    int at = 0;
    while (at < size) {
      int run = same(references, at);
      if (run > at) {
        if (!known && !ascending(references, at)) {
          return refuse(from);
        }
        copy(at, run, from);
        for (int i = at; i < run; i += 2) {
          named |= symbols.isMetricName(last[i]);
        }
        known = true;
        at = run;
        continue;
      }
      int name = (int) references.get(at);
      boolean sameName = at < lastSize && last[at] == name;
      if (!(known && sameName) && !ascending(references, at)) {
        return refuse(from);
      }
      if (!putLabel(name, (int) references.get(at + 1))) {
        return refuse(from);
      }
      named |= symbols.isMetricName(name);
      ends[at / 2] = out.size() - from;
      known = sameName;
      at += 2;
    }
    return named ? keep(references, size, from) : refuse(from);
  }

  /** The series written last is there no more: nothing can be copied from its key. */
  void forgetLast() {
    lastSize = 0;
  }

  private int refuse(int from) {
    out.truncate(from);
    return -1;
  }

  private int keep(Numbers references, int size, int from) {
    for (int i = 0; i < size; i++) {
      last[i] = (int) references.get(i);
    }
    int[] swap = lastEnds;
    lastEnds = ends;
    ends = swap;
    lastSize = size;
    lastFrom = from;
    return from;
  }

  /** Up to where the references, from there on, are those of the series before. */
  private int same(Numbers references, int at) {
    int to = Math.min(references.size(), lastSize);
    int run = at;
    while (run < to
        && references.get(run) == last[run]
        && references.get(run + 1) == last[run + 1]) {
      run += 2;
    }
    return run;
  }

  private void copy(int at, int run, int from) {
    int start = at == 0 ? 0 : lastEnds[at / 2 - 1];
    int shift = out.size() - from - start;
    for (int i = at / 2; i < run / 2; i++) {
      ends[i] = lastEnds[i] + shift;
    }
    out.putBytes(out.array(), lastFrom + start, lastEnds[run / 2 - 1] - start);
  }

  private boolean ascending(Numbers references, int at) {
    return at == 0 || symbols.ascending((int) references.get(at - 2), (int) references.get(at));
  }

  private boolean putLabel(int name, int value) {
    if (names[value] == name + 1) {
      out.putBytes(labels.array(), offsets[value], lengths[value]);
      return true;
    }
    int nameLength = symbols.length(name);
    int valueLength = symbols.length(value);
    if (nameLength == 0
        || nameLength > limits.labelNameMax()
        || !symbols.isAscii(name)
        || valueLength == 0
        || valueLength > limits.labelValueMax()) {
      return false;
    }
    int start = out.size();
    SeriesKey.putLabel(
        message, symbols.offset(name), nameLength, symbols.offset(value), valueLength, out);
    int length = out.size() - start;
    if (names[value] == 0 && labels.size() + length <= LABELS_BYTES_MAX) {
      names[value] = name + 1;
      offsets[value] = labels.size();
      lengths[value] = length;
      labels.putBytes(out.array(), start, length);
    }
    return true;
  }
}
