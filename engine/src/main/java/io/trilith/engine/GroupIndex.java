package io.trilith.engine;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numbers the groups of series in order of appearance, building labels once per group only. Not
 * thread-safe.
 */
public final class GroupIndex {
  /** Group number plus one, 0 where free; the length is a power of two. */
  private int[] slots = new int[64];

  private int[] hashes = new int[32];
  private final List<Labels> keys = new ArrayList<>();

  /** The number of the group a series belongs to, a new one if there is none yet. */
  public int of(LabelGrouping grouping, Labels labels) {
    int hash = spread(grouping.hash(labels));
    int slot = slot(hash, grouping, labels);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    int group = keys.size();
    keys.add(grouping.of(labels));
    if (group == hashes.length) {
      hashes = Arrays.copyOf(hashes, group * 2);
    }
    hashes[group] = hash;
    slots[slot] = group + 1;
    if (keys.size() * 2 > slots.length) {
      grow();
    }
    return group;
  }

  /** The number of the group a series belongs to, or -1 when there is none yet. */
  public int find(LabelGrouping grouping, Labels labels) {
    return slots[slot(spread(grouping.hash(labels)), grouping, labels)] - 1;
  }

  private int slot(int hash, LabelGrouping grouping, Labels labels) {
    int slot = hash & (slots.length - 1);
    while (slots[slot] != 0) {
      int group = slots[slot] - 1;
      if (hashes[group] == hash && grouping.gives(keys.get(group), labels)) {
        return slot;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private static int spread(int hash) {
    int mixed = hash * 0x9e3779b9;
    return mixed ^ (mixed >>> 16);
  }

  private void grow() {
    int[] wider = new int[slots.length * 2];
    for (int group = 0; group < keys.size(); group++) {
      int slot = hashes[group] & (wider.length - 1);
      while (wider[slot] != 0) {
        slot = (slot + 1) & (wider.length - 1);
      }
      wider[slot] = group + 1;
    }
    slots = wider;
  }

  /** How many groups there are. */
  public int size() {
    return keys.size();
  }

  /** The labels that make a group. */
  public Labels key(int group) {
    return keys.get(group);
  }
}
