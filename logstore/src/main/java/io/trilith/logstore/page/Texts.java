package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import io.trilith.storage.encoding.ByteReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Columns of texts as they are. */
final class Texts {
  private Texts() {}

  /** The same text in each row. */
  static final class Constant extends Column {
    private final byte[] value;
    private @Nullable String text;

    Constant(byte[] value) {
      this.value = value;
    }

    @Override
    String text(int row) {
      String known = text;
      if (known == null) {
        known = new String(value, StandardCharsets.UTF_8);
        text = known;
      }
      return known;
    }

    @Override
    boolean all(LineShape.ValueTest test, int count) {
      return test.test(value, 0, value.length);
    }

    @Override
    int length(int row) {
      return value.length;
    }

    @Override
    void append(int row, Bytes into) {
      into.put(value, 0, value.length);
    }

    @Override
    int size() {
      return 32 + value.length;
    }

    @Override
    void search(Needle needle, long[] rows, int count) {
      if (needle.indexOf(value, 0, value.length) >= 0) {
        fill(rows, count);
      }
    }

    @Override
    void searchEqual(byte[] text, long[] rows, int count) {
      if (Arrays.equals(value, text)) {
        fill(rows, count);
      }
    }
  }

  /** Texts end to end. */
  @SuppressWarnings("ArrayRecordComponent") // columns; never compared
  record Strings(byte[] bytes, int[] ends) {
    static Strings read(ByteReader in, int count) {
      long[] lengths = Codec.getInts(in, count, () -> new long[0]);
      byte[] bytes = Codec.getBlob(in);
      int[] ends = new int[count];
      long end = 0;
      for (int i = 0; i < count; i++) {
        if (lengths[i] < 0 || lengths[i] > bytes.length - end) {
          throw in.corrupt("a text of " + lengths[i] + " bytes at " + end);
        }
        end += lengths[i];
        ends[i] = (int) end;
      }
      if (end != bytes.length) {
        throw in.corrupt(bytes.length + " bytes of texts of which " + end + " are used");
      }
      return new Strings(bytes, ends);
    }

    int start(int i) {
      return i == 0 ? 0 : ends[i - 1];
    }

    int length(int i) {
      return ends[i] - start(i);
    }

    String text(int i) {
      return new String(bytes, start(i), length(i), StandardCharsets.UTF_8);
    }

    boolean all(LineShape.ValueTest test) {
      for (int i = 0; i < ends.length; i++) {
        if (!test.test(bytes, start(i), ends[i])) {
          return false;
        }
      }
      return true;
    }

    /** Marks the texts that hold the needle. */
    void search(Needle needle, long[] found) {
      int at = 0;
      int i = 0;
      while (at < bytes.length) {
        int hit = needle.indexOf(bytes, at, bytes.length);
        if (hit < 0) {
          return;
        }
        int place = Arrays.binarySearch(ends, i, ends.length, hit);
        // The text that ends where the hit begins is not it; nor are empty ones.
        i = place < 0 ? -place - 1 : place + 1;
        while (ends[i] <= hit) {
          i++;
        }
        if (hit + needle.length() <= ends[i]) {
          Column.set(found, i);
          at = ends[i];
          i++;
        } else {
          at = hit + 1;
        }
      }
    }
  }

  static Column dictionary(ByteReader in, int count) {
    int size = in.getCount();
    Strings values = Strings.read(in, size);
    long[] numbers = Codec.getInts(in, count, () -> new long[0]);
    short[] ids = new short[count];
    for (int i = 0; i < count; i++) {
      if (numbers[i] < 0 || numbers[i] >= size) {
        throw in.corrupt("text " + numbers[i] + " of " + size);
      }
      ids[i] = (short) numbers[i];
    }
    return new Dictionary(values, ids);
  }

  /** Texts that repeat. */
  static final class Dictionary extends Column {
    final Strings values;
    private final short[] ids;
    private @Nullable String @Nullable [] texts;

    private Dictionary(Strings values, short[] ids) {
      this.values = values;
      this.ids = ids;
    }

    @Override
    String text(int row) {
      @Nullable String[] all = texts;
      if (all == null) {
        all = new String[values.ends.length];
        texts = all;
      }
      int id = id(row);
      String known = all[id];
      if (known == null) {
        known = values.text(id);
        all[id] = known;
      }
      return known;
    }

    @Override
    boolean all(LineShape.ValueTest test, int count) {
      return values.all(test);
    }

    int id(int row) {
      return ids[row] & 0xffff;
    }

    @Override
    int length(int row) {
      return values.length(id(row));
    }

    @Override
    void append(int row, Bytes into) {
      int id = id(row);
      into.put(values.bytes, values.start(id), values.length(id));
    }

    @Override
    int size() {
      return 64 + values.bytes.length + 4 * values.ends.length + 2 * ids.length;
    }

    @Override
    void search(Needle needle, long[] rows, int count) {
      long[] found = new long[(values.ends.length + 63) / 64];
      values.search(needle, found);
      mark(found, rows, count);
    }

    @Override
    void searchEqual(byte[] text, long[] rows, int count) {
      long[] found = new long[(values.ends.length + 63) / 64];
      for (int i = 0; i < values.ends.length; i++) {
        if (Arrays.equals(values.bytes, values.start(i), values.ends[i], text, 0, text.length)) {
          set(found, i);
        }
      }
      mark(found, rows, count);
    }

    private void mark(long[] found, long[] rows, int count) {
      long any = 0;
      for (long word : found) {
        any |= word;
      }
      for (int row = 0; any != 0 && row < count; row++) {
        int id = id(row);
        if ((found[id >>> 6] >>> id & 1) != 0) {
          set(rows, row);
        }
      }
    }
  }

  static Column text(ByteReader in, int count) {
    return new Text(Strings.read(in, count));
  }

  /** Texts of which hardly one is like another. */
  private static final class Text extends Column {
    private final Strings values;

    Text(Strings values) {
      this.values = values;
    }

    @Override
    String text(int row) {
      return values.text(row);
    }

    @Override
    boolean all(LineShape.ValueTest test, int count) {
      return values.all(test);
    }

    @Override
    int length(int row) {
      return values.length(row);
    }

    @Override
    void append(int row, Bytes into) {
      into.put(values.bytes, values.start(row), values.length(row));
    }

    @Override
    int size() {
      return 64 + values.bytes.length + 4 * values.ends.length;
    }

    @Override
    void search(Needle needle, long[] rows, int count) {
      values.search(needle, rows);
    }
  }
}
