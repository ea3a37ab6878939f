package io.trilith.storage.object;

import static org.assertj.core.api.Assertions.assertThat;

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
}
