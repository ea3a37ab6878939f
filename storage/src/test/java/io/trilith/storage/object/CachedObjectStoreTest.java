package io.trilith.storage.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.block.BlockKind;
import io.trilith.storage.block.BlockReader;
import io.trilith.storage.block.BlockWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedObjectStoreTest implements ObjectStoreContract {
  private static final BlockKind KIND = new BlockKind(7, Map.of(1, "data", 2, "index"));

  private static final String BLOCK = "blocks/metrics/t/a.block";
  private static final int PAGE = PageCache.PAGE_SIZE;

  @TempDir Path directory;
  private final WatchedObjectStore remote = new WatchedObjectStore();
  private CachedObjectStore store = unset();

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T unset() {
    return null;
  }

  @BeforeEach
  void open() {
    open(100 << 20);
  }

  private void open(long budget) {
    store = new CachedObjectStore(remote, directory, budget);
  }

  @Override
  public ObjectStore store() {
    return store;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  private static void put(ObjectStore store, String name, byte[] content) {
    try (ObjectOutput out = store.create(name)) {
      out.write(ByteBuffer.wrap(content));
      out.commit();
    }
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Test
  void keepsABlockHereUntilItIsPublishedByOneRequest() {
    byte[] content = random(3 * PAGE + 5);
    put(store, BLOCK, content);
    assertThat(store.stagedBlocks()).isEqualTo(1);
    assertThat(bytes(store.readRange(BLOCK, 7, 100)))
        .isEqualTo(Arrays.copyOfRange(content, 7, 107));
    assertThat(remote.requests()).isEmpty();
    store.publish(List.of(BLOCK, "blocks/metrics/t/other.block"));
    assertThat(remote.requests()).containsExactly("put " + BLOCK);
    assertThat(store.stagedBlocks()).isZero();
    assertThat(bytes(store.read(BLOCK))).isEqualTo(content);
    assertThat(store.readTail(BLOCK, 9).objectSize()).isEqualTo(content.length);
    assertThat(remote.requests()).isEmpty();
    assertThat(bytes(remote.read(BLOCK))).isEqualTo(content);
  }

  @Test
  void dropsWhatWasStagedAndKeepsCopiesWhenOpenedAgain() {
    put(store, BLOCK, random(10));
    put(store, "blocks/b.block", random(20));
    store.publish(List.of("blocks/b.block"));
    remote.requests();
    open();
    assertThatThrownBy(() -> store.readTail(BLOCK, 1)).isInstanceOf(StorageException.Missing.class);
    remote.requests();
    assertThat(store.read("blocks/b.block").remaining()).isEqualTo(20);
    assertThat(remote.requests()).isEmpty();
    store.retain(Map.of("blocks/b.block", 21L));
    assertThat(store.read("blocks/b.block").remaining()).isEqualTo(20);
    assertThat(remote.requests()).containsExactly("tail blocks/b.block");
  }

  @Test
  void staysStagedWhenTheUploadFails() {
    put(store, BLOCK, random(10));
    remote.before(
        request -> {
          throw WatchedObjectStore.unavailable();
        });
    assertThatThrownBy(() -> store.publish(List.of(BLOCK)))
        .isInstanceOf(StorageException.Unavailable.class);
    assertThat(store.read(BLOCK).remaining()).isEqualTo(10);
    remote.before(request -> {});
    store.publish(List.of(BLOCK));
    assertThat(remote.read(BLOCK).remaining()).isEqualTo(10);
  }

  @Test
  void readsNeighbouringPagesByOneRequestAndEachOnce() {
    byte[] content = random(40 * PAGE + 17);
    put(remote, BLOCK, content);
    remote.requests();
    store.readTail(BLOCK, 64 << 10);
    assertThat(remote.requests()).containsExactly("tail " + BLOCK);
    int from = 5 * PAGE + 3;
    assertThat(bytes(store.readRange(BLOCK, from, 2 * PAGE)))
        .isEqualTo(Arrays.copyOfRange(content, from, from + 2 * PAGE));
    assertThat(remote.requests())
        .containsExactly("range " + BLOCK + " " + 5 * PAGE + "+" + 3 * PAGE);
    store.readRange(BLOCK, 4 * PAGE, 5 * PAGE);
    assertThat(remote.requests())
        .containsExactly(
            "range " + BLOCK + " " + 4 * PAGE + "+" + PAGE,
            "range " + BLOCK + " " + 8 * PAGE + "+" + PAGE);
    store.readRange(BLOCK, content.length - 100, 100);
    store.readRange(BLOCK, 6 * PAGE, 10);
    assertThat(remote.requests()).isEmpty();
    open();
    store.readTail(BLOCK, 10);
    store.readRange(BLOCK, 4 * PAGE, 5 * PAGE);
    assertThat(remote.requests()).isEmpty();
  }

  @Test
  void readsAheadForWhoReadsOnAndOn() {
    byte[] content = random(40 * PAGE);
    put(remote, BLOCK, content);
    store.readTail(BLOCK, 10);
    remote.requests();
    for (int at = 0; at < content.length; at += 1000) {
      int length = Math.min(1000, content.length - at);
      assertThat(bytes(store.readRange(BLOCK, at, length)))
          .isEqualTo(Arrays.copyOfRange(content, at, at + length));
    }
    // 1, 1 + 1, 1 + 2, 1 + 4, 1 + 8, 1 + 16 pages, and the rest.
    assertThat(remote.requests()).hasSize(7);
  }

  @Test
  void fetchesAPageOnceForAllWhoWantIt() throws Exception {
    put(remote, BLOCK, random(4 * PAGE));
    store.readTail(BLOCK, 10);
    remote.requests();
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    remote.before(
        request -> {
          asked.countDown();
          await(go);
        });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ByteBuffer>> reads = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        reads.add(threads.submit(() -> store.readRange(BLOCK, 10, 10)));
      }
      asked.await();
      go.countDown();
      for (Future<ByteBuffer> read : reads) {
        assertThat(read.get().remaining()).isEqualTo(10);
      }
    }
    assertThat(remote.requests()).hasSize(1);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void keepsWithinItsBudgetAndDropsWhatWasUsedLongestAgo() throws IOException {
    open(4 * PAGE);
    byte[] content = random(10 * PAGE);
    put(remote, BLOCK, content);
    SplittableRandom random = Seeds.random("keepsWithinItsBudgetAndDropsWhatWasUsedLongestAgo");
    for (int i = 0; i < 200; i++) {
      int from = random.nextInt(content.length - 1);
      int length = random.nextInt(Math.min(content.length - from, 6 * PAGE));
      assertThat(bytes(store.readRange(BLOCK, from, length)))
          .isEqualTo(Arrays.copyOfRange(content, from, from + length));
      assertThat(store.cachedBytes()).isLessThanOrEqualTo(4 * PAGE);
    }
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile).count()).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void readsFromTheBucketAgainWhereACopyIsDamaged() throws IOException {
    byte[] content = random(1000);
    for (boolean own : new boolean[] {true, false}) {
      String name = "blocks/" + own + ".block";
      ObjectStore written = own ? store : remote;
      int length;
      try (ObjectOutput out = written.create(name)) {
        BlockWriter writer = new BlockWriter(out, KIND);
        writer.section(1);
        length = writer.page(ByteBuffer.wrap(content));
        writer.write(ByteBuffer.wrap(random(600_000)));
        writer.section(2);
        writer.write(ByteBuffer.wrap(random(500)));
        writer.finish();
        out.commit();
      }
      store.publish(List.of(name));
      BlockReader.open(store, name, KIND).page(1, 0, length);
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          byte[] bad = Files.readAllBytes(file);
          bad[Math.min(100, bad.length - 1)] ^= 4;
          bad[bad.length - 300] ^= 4;
          Files.write(file, bad, StandardOpenOption.TRUNCATE_EXISTING);
        }
      }
      BlockReader reader = BlockReader.open(store, name, KIND);
      assertThat(reader.page(1, 0, length).remaining()).isEqualTo(content.length);
      assertThat(reader.section(2).remaining()).isEqualTo(500);
    }
  }
}
