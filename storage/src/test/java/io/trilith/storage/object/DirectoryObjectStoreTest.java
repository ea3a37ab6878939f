package io.trilith.storage.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryObjectStoreTest implements ObjectStoreContract {
  @TempDir Path directory;
  private ObjectStore store = new MemoryObjectStore();

  @BeforeEach
  void open() {
    store = new DirectoryObjectStore(directory);
  }

  @Override
  public ObjectStore store() {
    return store;
  }

  @Test
  void removesHalfWrittenFilesOfAnEarlierProcess() throws Exception {
    ObjectOutput left = store.create("never/committed");
    left.write(ByteBuffer.wrap(new byte[100]));
    new DirectoryObjectStore(directory);
    try (var files = Files.list(directory.resolve(".tmp"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void anInterruptedReaderOfABlockDoesNotDisturbTheOthers() {
    ObjectStore store = new DirectoryObjectStore(directory.resolve("kept-open"));
    store.createIfAbsent("blocks/a.block", ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
    for (int round = 0; round < 3; round++) {
      assertThat(store.readRange("blocks/a.block", 1, 2).get(0)).isEqualTo((byte) 2);
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> store.readRange("blocks/a.block", 1, 2))
            .isInstanceOf(StorageException.Unavailable.class);
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
    }
    store.delete("blocks/a.block");
    assertThatThrownBy(() -> store.readRange("blocks/a.block", 1, 2))
        .isInstanceOf(StorageException.Missing.class);
  }

  @Test
  void moreBlocksThanFilesMayBeOpenAreAllRead() {
    ObjectStore store = new DirectoryObjectStore(directory.resolve("many"));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 100; i++) {
        if (round == 0) {
          store.createIfAbsent(i + ".block", ByteBuffer.wrap(new byte[] {(byte) i}));
        }
        assertThat(store.readRange(i + ".block", 0, 1).get(0)).isEqualTo((byte) i);
      }
    }
  }
}
