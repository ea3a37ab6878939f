package io.trilith.logql.pipeline;

import io.trilith.logstore.LineShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where a parser finds its keys and values in the lines of a shape, in order. Immutable. */
final class ShapePlan {
  private final LineShape shape;
  private final Field[] fields;

  /** Makes the value of a label of what stands in a line; null for none. */
  @FunctionalInterface
  interface Reading {
    @Nullable String of(String raw);
  }

  /**
   * A key and where its value stands in the shape's text.
   *
   * @param constant the value when it is the same in all lines
   */
  private record Field(String key, int from, int to, Reading reading, @Nullable String constant) {}

  private ShapePlan(LineShape shape, List<Field> fields) {
    this.shape = shape;
    this.fields = fields.toArray(Field[]::new);
  }

  int size() {
    return fields.length;
  }

  String key(int field) {
    return fields[field].key;
  }

  /** The value in a line, null when it is none. */
  @Nullable String value(int number, int row) {
    Field field = fields[number];
    String constant = field.constant;
    return constant != null ? constant : field.reading.of(shape.part(row, field.from, field.to));
  }

  /**
   * Whether quotes around the bytes end behind them: those within, and backslashes, are escaped.
   */
  static boolean isWithinQuotes(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '"') {
      at += bytes[at] == '\\' ? 2 : 1;
    }
    return at == to;
  }

  /** Gathers fields, and whether all places of the text are within what was looked at. */
  static final class Builder {
    private final LineShape shape;
    private final byte[] text;
    private final List<Field> fields = new ArrayList<>();
    private int places;
    private boolean sound = true;

    Builder(LineShape shape) {
      this.shape = shape;
      this.text = shape.text();
      for (byte c : text) {
        places += c == 0 ? 1 : 0;
      }
    }

    /** A line of the shape, with a digit at each place. */
    byte[] sample() {
      byte[] sample = text.clone();
      for (int i = 0; i < sample.length; i++) {
        if (sample[i] == 0) {
          sample[i] = '0';
        }
      }
      return sample;
    }

    /**
     * Says that a parser passes over a part of the text as one thing if none of the values in it
     * has a byte of some kind.
     *
     * @param classes those whose bytes may be of that kind
     * @param harmless tests a value when it has bytes of these classes
     */
    void covers(int from, int to, int classes, LineShape.ValueTest harmless) {
      int place = placesBefore(from);
      for (int at = from; at < to; at++) {
        if (text[at] == 0) {
          boolean escaped = at > 0 && text[at - 1] == '\\';
          boolean fits = (shape.classes(place) & classes) == 0 || shape.all(place, harmless);
          sound &= fits && !escaped;
          place++;
          places--;
        }
      }
    }

    private int placesBefore(int position) {
      int before = 0;
      for (int at = 0; at < position; at++) {
        before += text[at] == 0 ? 1 : 0;
      }
      return before;
    }

    /** Whether the first byte of a part is a place, which one; -1 when it is none. */
    int placeAt(int position) {
      return position < text.length && text[position] == 0 ? placesBefore(position) : -1;
    }

    /** Adds a key whose value is a part of the text. */
    void add(String key, int from, int to, Reading reading) {
      boolean same = true;
      for (int at = from; at < to; at++) {
        same &= text[at] != 0;
      }
      String constant = same ? reading.of(shape.part(0, from, to)) : null;
      if (!same || constant != null) {
        fields.add(new Field(key, from, to, reading, constant));
      }
    }

    void unsound() {
      sound = false;
    }

    /** The plan; null when the shape does not tell how a parser reads its lines. */
    @Nullable ShapePlan build() {
      return sound && places == 0 ? new ShapePlan(shape, fields) : null;
    }
  }
}
