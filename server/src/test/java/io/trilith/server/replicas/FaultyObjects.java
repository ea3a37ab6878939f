package io.trilith.server.replicas;

import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The bucket as one replica reaches it: requests that change it may fail, be done without an
 * answer, or be done later; the process may end in the middle of one; others may come in between.
 */
final class FaultyObjects implements ObjectStore {
  private final MemoryObjectStore bucket;
  private final SplittableRandom random;
  private final Weather weather;

  /** What may happen around a request. */
  interface Weather {
    /** Whether requests fail now and then. */
    boolean isBad();

    /**
     * Others than the one that reaches the bucket by these do something before a commit is made.
     */
    void race(FaultyObjects of);

    /** Does a request later. */
    void later(Consumer<MemoryObjectStore> request);

    /** Counts. */
    void saw(String event);
  }

  /** The process ends. */
  @SuppressWarnings("serial") // never serialised
  static final class Killed extends RuntimeException {}

  FaultyObjects(MemoryObjectStore bucket, SplittableRandom random, Weather weather) {
    this.bucket = bucket;
    this.random = random;
    this.weather = weather;
  }

  private static StorageException unavailable(String why) {
    return new StorageException.Unavailable("simulated", new IOException(why));
  }

  private boolean happens(int outOf1000) {
    return weather.isBad() && random.nextInt(1000) < outOf1000;
  }

  private void before(String what) {
    if (happens(40)) {
      weather.saw(what + " failed");
      throw unavailable("not done");
    }
    if (happens(10)) {
      weather.saw(what + " killed before");
      throw new Killed();
    }
  }

  private void after(String what) {
    if (happens(150)) {
      weather.saw(what + " answer lost");
      throw unavailable("no answer");
    }
    if (happens(10)) {
      weather.saw(what + " killed after");
      throw new Killed();
    }
  }

  @Override
  public ObjectOutput create(String name) {
    ObjectOutput out = bucket.create(name);
    return new ObjectOutput() {
      @Override
      public String name() {
        return out.name();
      }

      @Override
      public void write(ByteBuffer bytes) {
        out.write(bytes);
      }

      @Override
      public long position() {
        return out.position();
      }

      @Override
      public void commit() {
        before("put");
        out.commit();
      }

      @Override
      public void close() {
        out.close();
      }
    };
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    if (!name.startsWith("catalog/commits/")) {
      return bucket.createIfAbsent(name, content);
    }
    if (happens(150)) {
      weather.race(this);
    }
    before("commit");
    if (happens(40)) {
      weather.saw("commit late");
      byte[] copy = new byte[content.remaining()];
      content.duplicate().get(copy);
      weather.later(
          there -> {
            boolean _ = there.createIfAbsent(name, ByteBuffer.wrap(copy));
          });
      throw unavailable("done later");
    }
    boolean created = bucket.createIfAbsent(name, content);
    weather.saw(created ? "commit made" : "commit taken");
    after("commit");
    return created;
  }

  @Override
  public ByteBuffer read(String name) {
    return bucket.read(name);
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    return bucket.readRange(name, offset, length);
  }

  @Override
  public Tail readTail(String name, int length) {
    return bucket.readTail(name, length);
  }

  @Override
  public List<Entry> list(String prefix) {
    return bucket.list(prefix);
  }

  @Override
  public void delete(String name) {
    bucket.delete(name);
  }
}
