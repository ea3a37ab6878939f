package io.trilith.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes a handler's thread wait while its client is slow. The event loop signals, one handler
 * thread waits.
 */
final class WriteGate {
  /** A client that makes us wait longer no longer holds a place among the running. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

  private final Channel channel;
  private final long stallNanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  WriteGate(Channel channel, Duration stall) {
    this.channel = channel;
    this.stallNanos = stall.toNanos();
  }

  /** Called whenever writability changes or the channel closes. */
  void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns when more may be written; fails when the client is gone or takes nothing for long. */
  void await(WorkQueue.Permit permit) throws IOException {
    if (channel.isWritable()) {
      return;
    }
    long began = System.nanoTime();
    lock.lock();
    try {
      while (!channel.isWritable()) {
        if (!channel.isActive()) {
          throw new IOException("the client is gone");
        }
        long waited = System.nanoTime() - began;
        if (waited > stallNanos) {
          ChannelFuture _ = channel.close();
          throw new IOException("the client takes nothing");
        }
        if (waited > PATIENCE_NANOS) {
          permit.close();
        }
        long left = (waited > PATIENCE_NANOS ? stallNanos : PATIENCE_NANOS) - waited + 1;
        long _ = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server stops");
    } finally {
      lock.unlock();
    }
  }
}
