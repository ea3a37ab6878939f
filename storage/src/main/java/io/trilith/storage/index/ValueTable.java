package io.trilith.storage.index;

import io.trilith.regex.SortedValues;
import io.trilith.regex.ValueBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedMap;
import org.roaringbitmap.RoaringBitmap;

/** Values one behind the other in one array, in the order of their map. Immutable. */
final class ValueTable implements SortedValues {
  private final String[] texts;
  private final RoaringBitmap[] postings;
  private final int[] ends;
  private final byte[] bytes;

  ValueTable(SortedMap<String, RoaringBitmap> values) {
    texts = values.keySet().toArray(String[]::new);
    postings = values.values().toArray(RoaringBitmap[]::new);
    ends = new int[texts.length];
    byte[] all = new byte[texts.length * 16];
    int used = 0;
    for (int i = 0; i < texts.length; i++) {
      byte[] one = texts[i].getBytes(StandardCharsets.UTF_8);
      if (used + one.length > all.length) {
        all = Arrays.copyOf(all, Math.max(all.length * 2, used + one.length));
      }
      System.arraycopy(one, 0, all, used, one.length);
      used += one.length;
      ends[i] = used;
    }
    bytes = Arrays.copyOf(all, used);
  }

  RoaringBitmap postings(int ordinal) {
    return postings[ordinal];
  }

  @Override
  public int size() {
    return texts.length;
  }

  @Override
  public void read(int ordinal, ValueBytes into) {
    into.set(bytes, ordinal == 0 ? 0 : ends[ordinal - 1], ends[ordinal]);
  }

  @Override
  public int find(byte[] utf8) {
    return Arrays.binarySearch(texts, new String(utf8, StandardCharsets.UTF_8));
  }
}
