package io.trilith.tracestore.columns;

/** Numbers for numbers, few of many. Not thread-safe. */
public final class IntNumbers {
  private int[] keys = new int[16];
  private int[] numbers = new int[16];
  private int size;

  /** What was put for a key that is not negative; -1 for nothing. */
  public int get(int key) {
    int slot = slot(key);
    return keys[slot] == 0 ? -1 : numbers[slot];
  }

  /** Puts what is not there yet. */
  public void put(int key, int number) {
    int slot = slot(key);
    keys[slot] = key + 1;
    numbers[slot] = number;
    if (++size * 2 > keys.length) {
      int[] oldKeys = keys;
      int[] oldNumbers = numbers;
      keys = new int[oldKeys.length * 2];
      numbers = new int[keys.length];
      for (int i = 0; i < oldKeys.length; i++) {
        if (oldKeys[i] != 0) {
          int at = slot(oldKeys[i] - 1);
          keys[at] = oldKeys[i];
          numbers[at] = oldNumbers[i];
        }
      }
    }
  }

  private int slot(int key) {
    int slot = ((key * 0x9e3779b1) >>> 7) & (keys.length - 1);
    while (keys[slot] != 0 && keys[slot] != key + 1) {
      slot = (slot + 1) & (keys.length - 1);
    }
    return slot;
  }
}
