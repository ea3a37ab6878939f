package io.trilith.storage.object;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A flat map from names to immutable byte strings: a directory, a bucket, memory. Names are
 * slash-separated, of characters {@code a-zA-Z0-9-_.=/}. Thread-safe.
 *
 * <p>Errors: {@code StorageException.Missing} for an absent name, {@code Unavailable} for
 * everything whose outcome is not known. What is readable under a name is always a complete object.
 */
public interface ObjectStore {
  /**
   * Starts an object; nothing shows under the name before {@link ObjectOutput#commit}. Replaces an
   * older object.
   */
  ObjectOutput create(String name);

  /**
   * Creates an object only if the name is free; atomic among all writers, durable on return.
   *
   * @return false when the name was taken, the object there unchanged; perhaps by this very call,
   *     whose first attempt may have been applied though its answer was lost
   */
  boolean createIfAbsent(String name, ByteBuffer content);

  /** The whole object. For small ones: commits, snapshots. */
  ByteBuffer read(String name);

  /**
   * Bytes {@code [offset, offset + length)}; fewer are an error ({@code Corrupt}: the object is too
   * short).
   */
  ByteBuffer readRange(String name, long offset, int length);

  /** The last {@code length} bytes, or all when it is shorter. */
  Tail readTail(String name, int length);

  /** Names and sizes below a prefix, in order of names. Not for query paths. */
  List<Entry> list(String prefix);

  /** Removes an object; nothing happens when it is not there. */
  void delete(String name);

  /** Removes objects, many by one request where the store can. */
  default void deleteAll(List<String> names) {
    names.forEach(this::delete);
  }

  /**
   * Makes committed objects readable for everybody who opens the store: where they wait locally
   * they are uploaded now. Does nothing for whatever else there is.
   */
  default void publish(List<String> names) {}

  /**
   * Drops copies of an object that turned out to be damaged.
   *
   * @return whether the store keeps copies, so that another read may find other bytes
   */
  default boolean dropCopies(String name) {
    return false;
  }

  /** The end of an object and its full size. */
  record Tail(ByteBuffer bytes, long objectSize) {}

  /** A listed object. */
  record Entry(String name, long size) {}
}
