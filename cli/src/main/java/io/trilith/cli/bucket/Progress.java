package io.trilith.cli.bucket;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * One line on a terminal that says how far long work is: bytes, items, percent, time left. Nothing
 * where stderr is no terminal. Thread-safe.
 */
final class Progress implements AutoCloseable {
  private static final long BETWEEN_NANOS = Duration.ofMillis(200).toNanos();

  private final PrintWriter err;
  private final boolean shown;
  private final String what;
  private final long bytesTotal;
  private final long itemsTotal;
  private final long begun = System.nanoTime();
  private long bytes;
  private long items;
  private long last;

  /**
   * Work of known size.
   *
   * @param what names the items: "blocks"
   */
  Progress(PrintWriter err, String what, long itemsTotal, long bytesTotal) {
    this(err, isTerminal(), what, itemsTotal, bytesTotal);
  }

  Progress(PrintWriter err, boolean shown, String what, long itemsTotal, long bytesTotal) {
    this.err = err;
    this.shown = shown;
    this.what = what;
    this.itemsTotal = itemsTotal;
    this.bytesTotal = bytesTotal;
  }

  /** Whether file descriptor 2 is a terminal: Console knows only of the other two. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  synchronized void bytes(long more) {
    bytes += more;
    show();
  }

  synchronized void item() {
    items++;
    show();
  }

  private void show() {
    long now = System.nanoTime();
    if (shown && now - last >= BETWEEN_NANOS) {
      last = now;
      err.print("\r" + line(Duration.ofNanos(now - begun)) + "\033[K");
      err.flush();
    }
  }

  /** What is shown after some time. */
  synchronized String line(Duration since) {
    StringBuilder line = new StringBuilder();
    line.append(items).append(itemsTotal > 0 ? "/" + itemsTotal : "").append(' ').append(what);
    line.append("  ").append(Shown.bytes(bytes));
    if (bytesTotal > 0) {
      double share = Math.min(1, (double) bytes / bytesTotal);
      line.append(" of ").append(Shown.bytes(bytesTotal));
      line.append("  ").append((int) (share * 100)).append(" %");
      if (share > 0 && since.toSeconds() >= 1) {
        Duration left = Duration.ofMillis((long) (since.toMillis() * (1 - share) / share));
        line.append("  ").append(Shown.duration(left)).append(" left");
      }
    }
    return line.toString();
  }

  @Override
  public synchronized void close() {
    if (shown && last != 0) {
      err.print("\r\033[K");
      err.flush();
    }
  }
}
