package io.trilith.storage.object;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Objects on the heap: for tests and for the reference behaviour of the contract suite. */
public final class MemoryObjectStore implements ObjectStore {
  private final ConcurrentSkipListMap<String, byte[]> objects = new ConcurrentSkipListMap<>();

  @Override
  public ObjectOutput create(String name) {
    String checked = ObjectNames.check(name);
    ByteWriter bytes = new ByteWriter();
    return new ObjectOutput() {
      @Override
      public String name() {
        return checked;
      }

      @Override
      public void write(ByteBuffer buffer) {
        bytes.putBytes(buffer);
      }

      @Override
      public long position() {
        return bytes.size();
      }

      @Override
      public void commit() {
        objects.put(checked, bytes.toArray());
      }

      @Override
      public void close() {
        bytes.clear();
      }
    };
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    byte[] copy = new byte[content.remaining()];
    content.duplicate().get(copy);
    return objects.putIfAbsent(ObjectNames.check(name), copy) == null;
  }

  @Override
  public ByteBuffer read(String name) {
    return ByteBuffer.wrap(find(name)).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    byte[] object = find(name);
    if (offset < 0 || length < 0 || offset + length > object.length) {
      throw new StorageException.Corrupt(
          name, offset, length + " bytes wanted, the object ends at " + object.length);
    }
    return ByteBuffer.wrap(object, (int) offset, length).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public Tail readTail(String name, int length) {
    byte[] object = find(name);
    int count = Math.min(length, object.length);
    return new Tail(readRange(name, object.length - count, count), object.length);
  }

  @Override
  public List<Entry> list(String prefix) {
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, byte[]> object : objects.tailMap(prefix).entrySet()) {
      if (!object.getKey().startsWith(prefix)) {
        break;
      }
      entries.add(new Entry(object.getKey(), object.getValue().length));
    }
    return entries;
  }

  @Override
  public void delete(String name) {
    objects.remove(ObjectNames.check(name));
  }

  private byte[] find(String name) {
    byte[] object = objects.get(ObjectNames.check(name));
    if (object == null) {
      throw new StorageException.Missing(name);
    }
    return object;
  }
}
