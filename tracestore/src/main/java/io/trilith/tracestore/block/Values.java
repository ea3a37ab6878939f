package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.chunk.AttributeCodec;

/** The dense column of an attribute of one key and type. Thread-safe. */
final class Values {
  private static final AttributeValue[] NOTHING = {};

  private final int type;
  private final int count;
  private final Texts texts;
  private final Longs numbers;
  private final AttributeValue[] other;

  private Values(int type, int count, Texts texts, Longs numbers, AttributeValue[] other) {
    this.type = type;
    this.count = count;
    this.texts = texts;
    this.numbers = numbers;
    this.other = other;
  }

  /** Reads a column of which the shapes say how many values it has. */
  static Values read(Page in, int type, int expected) {
    ByteReader at = in.reader();
    long said = at.getVarint();
    if (said != expected) {
      throw at.corrupt("a column of " + said + " values for " + expected);
    }
    return switch (type) {
      case TraceBlockFormat.TYPE_TEXT ->
          new Values(type, expected, Texts.read(in, expected), Longs.EMPTY, NOTHING);
      case TraceBlockFormat.TYPE_OTHER -> {
        if (expected > at.remaining()) {
          throw at.corrupt("a column of " + said + " values");
        }
        AttributeValue[] other = new AttributeValue[expected];
        for (int i = 0; i < other.length; i++) {
          other[i] = AttributeCodec.getValue(at);
        }
        yield new Values(type, expected, Texts.EMPTY, Longs.EMPTY, other);
      }
      default -> new Values(type, expected, Texts.EMPTY, Longs.read(in, expected), NOTHING);
    };
  }

  int type() {
    return type;
  }

  int count() {
    return count;
  }

  Texts texts() {
    return texts;
  }

  Longs numbers() {
    return numbers;
  }

  AttributeValue value(int at) {
    return switch (type) {
      case TraceBlockFormat.TYPE_TEXT -> texts.value(texts.number(at));
      case TraceBlockFormat.TYPE_INT -> new AttributeValue.Int(numbers.get(at));
      case TraceBlockFormat.TYPE_REAL ->
          new AttributeValue.Real(Double.longBitsToDouble(numbers.get(at)));
      case TraceBlockFormat.TYPE_BOOL -> new AttributeValue.Bool(numbers.get(at) != 0);
      default -> other[at];
    };
  }

  /** Bytes beyond the page, roughly. */
  long weight() {
    return texts.weight() + 100L * other.length;
  }
}
