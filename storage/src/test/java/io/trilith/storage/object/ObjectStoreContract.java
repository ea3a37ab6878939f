package io.trilith.storage.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every object store must do; run by each implementation. */
public interface ObjectStoreContract {
  ObjectStore store();

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.UTF_8.decode(buffer.duplicate()).toString();
  }

  private static void put(ObjectStore store, String name, String content) {
    try (ObjectOutput out = store.create(name)) {
      out.write(bytes(content));
      out.commit();
    }
  }

  @Test
  default void showsAnObjectOnlyAfterItsCommit() {
    ObjectStore store = store();
    try (ObjectOutput out = store.create("a/b")) {
      out.write(bytes("hello "));
      out.write(bytes("world"));
      assertThat(out.position()).isEqualTo(11);
      assertThatThrownBy(() -> store.read("a/b")).isInstanceOf(StorageException.Missing.class);
      out.commit();
    }
    assertThat(text(store.read("a/b"))).isEqualTo("hello world");
  }

  @Test
  default void dropsAnObjectThatIsClosedWithoutCommit() {
    ObjectStore store = store();
    try (ObjectOutput out = store.create("gone")) {
      out.write(bytes("x"));
    }
    assertThatThrownBy(() -> store.read("gone")).isInstanceOf(StorageException.Missing.class);
    assertThat(store.list("")).isEmpty();
  }

  @Test
  default void readsRangesAndTails() {
    ObjectStore store = store();
    put(store, "n", "0123456789");
    assertThat(text(store.readRange("n", 2, 3))).isEqualTo("234");
    assertThat(text(store.readTail("n", 4).bytes())).isEqualTo("6789");
    assertThat(text(store.readTail("n", 99).bytes())).isEqualTo("0123456789");
    assertThat(store.readTail("n", 4).objectSize()).isEqualTo(10);
    assertThatThrownBy(() -> store.readRange("n", 8, 3))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("n is corrupt at byte 8");
  }

  @Test
  default void createsIfAbsentOnce() {
    ObjectStore store = store();
    assertThat(store.createIfAbsent("c/1", bytes("first"))).isTrue();
    assertThat(store.createIfAbsent("c/1", bytes("second"))).isFalse();
    assertThat(text(store.read("c/1"))).isEqualTo("first");
  }

  @Test
  default void letsExactlyOneOfManyWritersCreate() throws Exception {
    ObjectStore store = store();
    for (int round = 0; round < 10; round++) {
      String name = "race/" + round;
      List<Callable<Boolean>> writers = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        ByteBuffer content = bytes("writer " + i);
        writers.add(() -> store.createIfAbsent(name, content));
      }
      int winners = 0;
      try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
        for (Future<Boolean> result : pool.invokeAll(writers)) {
          winners += result.get() ? 1 : 0;
        }
      }
      assertThat(winners).isEqualTo(1);
    }
  }

  @Test
  default void listsByPrefixInOrderOfNames() {
    ObjectStore store = store();
    put(store, "x/2", "bb");
    put(store, "x/10", "a");
    put(store, "y/1", "c");
    assertThat(store.list("x/"))
        .containsExactly(new ObjectStore.Entry("x/10", 1), new ObjectStore.Entry("x/2", 2));
    assertThat(store.list("nothing/")).isEmpty();
  }

  @Test
  default void deletesWhatIsThereAndWhatIsNot() {
    ObjectStore store = store();
    put(store, "d", "x");
    store.delete("d");
    store.delete("d");
    assertThatThrownBy(() -> store.readTail("d", 1)).isInstanceOf(StorageException.Missing.class);
  }

  @Test
  default void refusesNamesThatAreNotNames() {
    ObjectStore store = store();
    for (String name : List.of("", "/a", "a/", "a//b", "../a", "a/../b", "a b", "a\\b", "ä")) {
      assertThatThrownBy(() -> store.read(name)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
