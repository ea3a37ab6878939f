package io.trilith.server.node;

import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The objects as one process sees them that may be killed at any change it makes: before it, after
 * it, or half way through. From then on nothing it does has an effect. Confined to one thread.
 */
final class DyingObjectStore implements ObjectStore {
  /** The process is dead. */
  @SuppressWarnings("serial") // never serialised
  static final class Killed extends RuntimeException {
    Killed() {
      super("killed");
    }
  }

  private final ObjectStore objects;
  private final BooleanSupplier after;
  private int left = -1;
  private boolean dead;

  /**
   * In front of others.
   *
   * @param after whether the last change is made
   */
  DyingObjectStore(ObjectStore objects, BooleanSupplier after) {
    this.objects = objects;
    this.after = after;
  }

  /** Kills it at one of its next changes; with a negative number never. */
  void killAt(int change) {
    left = change;
  }

  boolean isDead() {
    return dead;
  }

  private void alive() {
    if (dead) {
      throw new Killed();
    }
  }

  /** Makes a change, or dies before or after it. */
  private void change(Runnable change) {
    alive();
    if (left-- != 0) {
      change.run();
      return;
    }
    dead = true;
    if (after.getAsBoolean()) {
      change.run();
    }
    throw new Killed();
  }

  @Override
  public ObjectOutput create(String name) {
    alive();
    ObjectOutput out = objects.create(name);
    return new ObjectOutput() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void write(ByteBuffer bytes) {
        alive();
        out.write(bytes);
      }

      @Override
      public long position() {
        return out.position();
      }

      @Override
      public void commit() {
        change(out::commit);
      }

      @Override
      public void close() {
        out.close();
      }
    };
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    boolean[] made = new boolean[1];
    change(() -> made[0] = objects.createIfAbsent(name, content));
    return made[0];
  }

  @Override
  public void delete(String name) {
    change(() -> objects.delete(name));
  }

  @Override
  public void deleteAll(List<String> names) {
    for (String name : names) {
      delete(name);
    }
  }

  @Override
  public ByteBuffer read(String name) {
    alive();
    return objects.read(name);
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    alive();
    return objects.readRange(name, offset, length);
  }

  @Override
  public Tail readTail(String name, int length) {
    alive();
    return objects.readTail(name, length);
  }

  @Override
  public List<Entry> list(String prefix) {
    alive();
    return objects.list(prefix);
  }
}
