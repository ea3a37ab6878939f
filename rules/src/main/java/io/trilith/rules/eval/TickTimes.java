package io.trilith.rules.eval;

import io.trilith.rules.GroupKey;
import java.nio.charset.StandardCharsets;

/**
 * When a group is evaluated: every interval, at a phase that its file and name fix, so that groups
 * are spread and a restart changes nothing.
 */
record TickTimes(long intervalMillis, long phaseMillis) {
  private static final long FNV_START = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  static TickTimes of(GroupKey key, long intervalMillis) {
    long hash = hash(key.namespace() + "\0" + key.group());
    return new TickTimes(intervalMillis, Math.floorMod(hash, intervalMillis));
  }

  /** FNV-1a of 64 bits, mixed, so that similar names differ in all bits. */
  private static long hash(String text) {
    long hash = FNV_START;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    hash = (hash ^ (hash >>> 32)) * 0xd6e8feb86659fd93L;
    return hash ^ (hash >>> 32);
  }

  /** The last tick at or before a time. */
  long atOrBefore(long millis) {
    return Math.floorDiv(millis - phaseMillis, intervalMillis) * intervalMillis + phaseMillis;
  }

  /** The first tick after a time. */
  long after(long millis) {
    return atOrBefore(millis) + intervalMillis;
  }

  /** The first tick at or after a time. */
  long atOrAfter(long millis) {
    return after(millis - 1);
  }
}
