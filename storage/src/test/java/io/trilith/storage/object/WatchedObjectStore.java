package io.trilith.storage.object;

import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/** Objects in memory, with a list of the requests made and a chance to spoil each. */
public final class WatchedObjectStore implements ObjectStore {
  private final MemoryObjectStore objects = new MemoryObjectStore();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private volatile Consumer<String> before = request -> {};
  private volatile Consumer<String> after = request -> {};

  /** Called with the request before it is done; may throw. */
  public void before(Consumer<String> watcher) {
    before = watcher;
  }

  /** Called with the request after it was done; may throw, which is a lost answer. */
  public void after(Consumer<String> watcher) {
    after = watcher;
  }

  /** The requests since the last call: {@code verb name}. */
  public List<String> requests() {
    synchronized (requests) {
      List<String> all = List.copyOf(requests);
      requests.clear();
      return all;
    }
  }

  /** What a failed request throws. */
  public static StorageException unavailable() {
    return new StorageException.Unavailable("test", new IOException("told to fail"));
  }

  private interface Request<T> {
    T make();
  }

  private <T> T watched(String what, Request<T> request) {
    requests.add(what);
    before.accept(what);
    T answer = request.make();
    after.accept(what);
    return answer;
  }

  @Override
  public ObjectOutput create(String name) {
    ObjectOutput out = objects.create(name);
    return new ObjectOutput() {
      @Override
      public String name() {
        return name;
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
        watched(
            "put " + name,
            () -> {
              out.commit();
              return name;
            });
      }

      @Override
      public void close() {
        out.close();
      }
    };
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    return watched("create " + name, () -> objects.createIfAbsent(name, content));
  }

  @Override
  public ByteBuffer read(String name) {
    return watched("read " + name, () -> objects.read(name));
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    return watched(
        "range " + name + " " + offset + "+" + length,
        () -> objects.readRange(name, offset, length));
  }

  @Override
  public Tail readTail(String name, int length) {
    return watched("tail " + name, () -> objects.readTail(name, length));
  }

  @Override
  public List<Entry> list(String prefix) {
    return watched("list " + prefix, () -> objects.list(prefix));
  }

  @Override
  public void delete(String name) {
    watched(
        "delete " + name,
        () -> {
          objects.delete(name);
          return name;
        });
  }
}
