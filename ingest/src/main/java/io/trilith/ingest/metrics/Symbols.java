package io.trilith.ingest.metrics;

import io.trilith.ingest.Rejections;
import io.trilith.net.wire.ProtoReader;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.tsdb.KeyScanner;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The strings of one remote-write 2 request, as slices of its message. Not thread-safe. */
final class Symbols {
  /** More than any sender puts into one request; keeps the table small whatever comes. */
  private static final int COUNT_MAX = 1 << 20;

  /** Below this many, tables are no larger than what any request has. */
  private static final int FEW = 1 << 12;

  private static final long PER_SYMBOL = 80;

  private static final byte ASCII = 1;
  private static final byte TEXT = 2;
  private static final byte METRIC_NAME = 3;
  private static final byte[] NAME = AttributeNames.NAME;

  private final byte[] message;
  private int[] offsets = new int[256];
  private int[] lengths = new int[256];
  private byte[] kinds = new byte[256];
  private int size;
  private @Nullable String[] texts = new String[0];

  Symbols(byte[] message) {
    this.message = message;
  }

  /** Adds the next symbol. */
  void add(ProtoReader slice) {
    if (size == COUNT_MAX) {
      throw new InvalidRequestException("more than " + COUNT_MAX + " symbols in one request");
    }
    if (size == offsets.length) {
      offsets = Arrays.copyOf(offsets, size * 2);
      lengths = Arrays.copyOf(lengths, size * 2);
      kinds = Arrays.copyOf(kinds, size * 2);
    }
    offsets[size] = slice.offset();
    lengths[size] = slice.limit() - slice.offset();
    size++;
  }

  int size() {
    return size;
  }

  /** Bytes that the tables of all symbols take, and their texts should each be made. */
  long bytes() {
    return size < FEW ? 0 : PER_SYMBOL * size + message.length;
  }

  /** The reference as an index; a refusal when there is no such symbol. */
  int index(long reference) {
    if (reference < 0 || reference >= size) {
      throw new InvalidRequestException(
          "a reference to symbol "
              + Long.toUnsignedString(reference)
              + ", but there are "
              + size
              + " symbols");
    }
    return (int) reference;
  }

  int offset(int symbol) {
    return offsets[symbol];
  }

  int length(int symbol) {
    return lengths[symbol];
  }

  boolean isAscii(int symbol) {
    return kind(symbol) != TEXT;
  }

  /** Whether a symbol that was checked is the label name of a metric's name. */
  boolean isMetricName(int symbol) {
    return kinds[symbol] == METRIC_NAME;
  }

  private byte kind(int symbol) {
    if (kinds[symbol] == 0) {
      int from = offsets[symbol];
      int to = from + lengths[symbol];
      if (KeyScanner.isAscii(message, from, to)) {
        boolean name = Arrays.equals(message, from, to, NAME, 0, NAME.length);
        kinds[symbol] = name ? METRIC_NAME : ASCII;
      } else if (KeyScanner.isUtf8(message, from, to)) {
        kinds[symbol] = TEXT;
      } else {
        throw new InvalidRequestException(
            "symbol "
                + symbol
                + " "
                + Rejections.quoted(lenient(symbol))
                + " is not valid UTF-8 (byte "
                + from
                + ")");
      }
    }
    return kinds[symbol];
  }

  /** Refuses a symbol that is no text. */
  void check(int symbol) {
    kind(symbol);
  }

  /** The symbol as a string, made once. */
  String text(int symbol) {
    check(symbol);
    return lenient(symbol);
  }

  /** As {@link #text}, but invalid UTF-8 becomes replacement characters. */
  String lenient(int symbol) {
    if (texts.length < size) {
      texts = Arrays.copyOf(texts, size);
    }
    String known = texts[symbol];
    if (known == null) {
      known = new String(message, offsets[symbol], lengths[symbol], StandardCharsets.UTF_8);
      texts[symbol] = known;
    }
    return known;
  }

  /** Whether the bytes of one name come before those of another. */
  boolean ascending(int before, int after) {
    return Arrays.compareUnsigned(
            message,
            offsets[before],
            offsets[before] + lengths[before],
            message,
            offsets[after],
            offsets[after] + lengths[after])
        < 0;
  }
}
