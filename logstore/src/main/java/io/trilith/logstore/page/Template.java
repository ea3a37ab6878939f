package io.trilith.logstore.page;

import io.trilith.storage.encoding.ByteReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What lines of a page have in common: a template, a zero byte for each place where they differ,
 * and the names of the metadata, whose values have places behind those of the line. Filled while it
 * is read, then only its columns change.
 */
final class Template {
  private final int rows;
  private final byte[] text;
  private final int[] literalEnds;
  private final String[] names;
  private final int lineSlots;
  private final int[] places;
  private final int[] charsets;
  private final int[] offsets;
  private final int[] lengths;
  private final int columnsEnd;
  private final int[] entries;
  private int added;
  final @Nullable Column[] columns;

  /** The template as readers of lines see it, once one asked. */
  @Nullable PageShape shape;

  Template(ByteReader in, int columnsAt) {
    long rowCount = in.getVarint();
    if (rowCount < 1 || rowCount > SplitPage.ENTRIES_MAX) {
      throw in.corrupt("a template of " + rowCount + " lines");
    }
    rows = (int) rowCount;
    entries = new int[rows];
    text = in.getBytes(in.getCount());
    int slots = 0;
    for (byte c : text) {
      slots += c == 0 ? 1 : 0;
    }
    lineSlots = slots;
    literalEnds = new int[slots + 1];
    int literal = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == 0) {
        literalEnds[literal++] = i;
      }
    }
    literalEnds[slots] = text.length;
    names = new String[in.getCount()];
    for (int i = 0; i < names.length; i++) {
      names[i] = in.getString();
      if (i > 0 && names[i - 1].compareTo(names[i]) >= 0) {
        throw in.corrupt("metadata is not in order");
      }
    }
    int all = slots + names.length;
    places = new int[all];
    charsets = new int[all];
    offsets = new int[all];
    lengths = new int[all];
    columns = new Column[all];
    long offset = columnsAt;
    for (int slot = 0; slot < all; slot++) {
      int same = in.getIndex(slot + 1);
      if (same > 0) {
        int place = places[same - 1];
        places[slot] = place;
        charsets[slot] = charsets[place];
        continue;
      }
      places[slot] = slot;
      charsets[slot] = in.getByte();
      offsets[slot] = (int) offset;
      long length = in.getVarint();
      offset += length;
      if (length < 1 || length > Integer.MAX_VALUE || offset > Integer.MAX_VALUE) {
        throw in.corrupt("a column of " + length + " bytes");
      }
      lengths[slot] = (int) length;
    }
    columnsEnd = (int) offset;
  }

  /** Takes an entry over as the next line; false when there are enough. */
  boolean add(int entry) {
    if (added == rows) {
      return false;
    }
    entries[added++] = entry;
    return true;
  }

  int added() {
    return added;
  }

  int rows() {
    return rows;
  }

  int entry(int row) {
    return entries[row];
  }

  String[] names() {
    return names;
  }

  int nameIndex(String name) {
    return Math.max(-1, Arrays.binarySearch(names, name));
  }

  int lineSlots() {
    return lineSlots;
  }

  int places() {
    return places.length;
  }

  /** The template's text, a zero byte for each place of the line. */
  byte[] text() {
    return text;
  }

  /** How many places of the line come before a position of the text. */
  int placesBefore(int position) {
    int found = Arrays.binarySearch(literalEnds, 0, lineSlots, position);
    return found < 0 ? -found - 1 : found;
  }

  /** The classes of bytes that values at a place are made of, as {@link Runs#charset} has them. */
  int charset(int slot) {
    return charsets[slot];
  }

  /** The place that has the column for this one. */
  int place(int slot) {
    return places[slot];
  }

  int offset(int place) {
    return offsets[place];
  }

  int length(int place) {
    return lengths[place];
  }

  int columnsEnd() {
    return columnsEnd;
  }

  private int literalStart(int literal) {
    return literal == 0 ? 0 : literalEnds[literal - 1] + 1;
  }

  int literalLength() {
    return text.length - lineSlots;
  }

  void appendLiteral(int literal, Bytes into) {
    int start = literalStart(literal);
    into.put(text, start, literalEnds[literal] - start);
  }

  boolean literalHas(Needle needle) {
    for (int i = 0; i <= lineSlots; i++) {
      if (needle.indexOf(text, literalStart(i), literalEnds[i]) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether values at a place are made of such bytes that they may hold the text. */
  boolean mayHold(int slot, Needle needle) {
    return (needle.charset() & ~charsets[slot]) == 0;
  }

  private boolean mayHold(int slot, Needle needle, int place) {
    byte c = needle.bytes()[place];
    int classes = Runs.charset(c) | Runs.charset(needle.capital(c));
    return (charsets[slot] & classes) != 0;
  }

  /** False when the text cannot lie over the border of a literal and a value in any line. */
  boolean mayCross(Needle needle) {
    for (int slot = 0; slot < lineSlots; slot++) {
      if (leavesLiteral(slot, needle) || leavesValue(slot, needle)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the text may begin in the literal before a value and go on into it. */
  private boolean leavesLiteral(int slot, Needle wanted) {
    int start = literalStart(slot);
    int end = literalEnds[slot];
    int longest = Math.min(wanted.length() - 1, end - start);
    for (int k = 1; k <= longest; k++) {
      // An empty value is passed without a byte of its own.
      if (wanted.isPart(text, end - k, 0, k)
          && (mayHold(slot, wanted, k) || continues(slot + 1, wanted, k))) {
        return true;
      }
    }
    return false;
  }

  /** Whether the text may begin in a value and go on into the literal behind it. */
  private boolean leavesValue(int slot, Needle wanted) {
    for (int k = 1; k < wanted.length(); k++) {
      if (!mayHold(slot, wanted, k - 1)) {
        return false;
      }
      if (continues(slot + 1, wanted, k)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the rest of the text is how a literal, and what may follow it, begins. */
  private boolean continues(int literal, Needle wanted, int from) {
    int start = literalStart(literal);
    int length = literalEnds[literal] - start;
    int rest = wanted.length() - from;
    int common = Math.min(length, rest);
    if (!wanted.isPart(text, start, from, from + common)) {
      return false;
    }
    return rest <= length || literal < lineSlots;
  }

  /** The text with a placeholder for each place that the function leaves open. */
  String pattern(java.util.function.IntFunction<@Nullable String> fixed) {
    StringBuilder pattern = new StringBuilder();
    for (int slot = 0; slot <= lineSlots; slot++) {
      int start = literalStart(slot);
      pattern.append(
          new String(
              text, start, literalEnds[slot] - start, java.nio.charset.StandardCharsets.UTF_8));
      if (slot < lineSlots) {
        String value = fixed.apply(slot);
        pattern.append(value == null ? "<_>" : value);
      }
    }
    return pattern.toString();
  }
}
