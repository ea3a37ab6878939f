package io.trilith.net.identity;

import java.net.InetAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts wrong passwords in a sliding minute, by address with user and by address alone. Those that
 * share a proxy's address share the second count, so it is the larger one. Thread-safe.
 */
final class FailedPasswords {
  static final int OF_A_USER_MAX = 30;
  static final int OF_AN_ADDRESS_MAX = 100;
  private static final int KNOWN_MAX = 10_000;
  private static final long MINUTE_MILLIS = 60_000;

  private final InstantSource clock;

  /** Oldest use first, bounded: many addresses push one another out, not memory up. */
  private final Map<String, Window> windows = new LinkedHashMap<>(64, 0.75f, true);

  /** Failures of this minute and of the one before, which counts as far as it still overlaps. */
  private static final class Window {
    private long minute;
    private int now;
    private int before;

    void at(long millis) {
      long current = Math.floorDiv(millis, MINUTE_MILLIS);
      if (current != minute) {
        before = current == minute + 1 ? now : 0;
        now = 0;
        minute = current;
      }
    }

    double count(long millis) {
      at(millis);
      double left = 1 - Math.floorMod(millis, MINUTE_MILLIS) / (double) MINUTE_MILLIS;
      return now + before * left;
    }
  }

  FailedPasswords(InstantSource clock) {
    this.clock = clock;
  }

  /** Whether no further password of this user from this address is looked at for now. */
  synchronized boolean tooMany(InetAddress address, String user) {
    return count(address.getHostAddress()) >= OF_AN_ADDRESS_MAX
        || count(address.getHostAddress() + " " + user) >= OF_A_USER_MAX;
  }

  private double count(String key) {
    Window window = windows.get(key);
    return window == null ? 0 : window.count(clock.millis());
  }

  synchronized void failed(InetAddress address, String user) {
    add(address.getHostAddress());
    add(address.getHostAddress() + " " + user);
  }

  private void add(String key) {
    Window window = windows.computeIfAbsent(key, _ -> new Window());
    window.at(clock.millis());
    window.now++;
    if (windows.size() > KNOWN_MAX) {
      windows.remove(windows.keySet().iterator().next());
    }
  }
}
