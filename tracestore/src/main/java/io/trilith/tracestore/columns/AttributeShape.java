package io.trilith.tracestore.columns;

/**
 * Keys and types of attributes, in the order in which they were sent. The arrays are not to be
 * changed.
 *
 * @param keys texts
 * @param types of {@link AttributeRow}
 * @param names the keys as strings
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record AttributeShape(int number, int[] keys, byte[] types, String[] names) {
  static final AttributeShape EMPTY = new AttributeShape(0, new int[0], new byte[0], new String[0]);

  public int size() {
    return keys.length;
  }

  /** Place of a key, negative when it is not there; the first of equal ones. */
  public int find(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }
}
