package io.trilith.storage.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.MemoryObjectStore;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.testing.Golden;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BlockContainerTest {
  private static final BlockKind KIND = new BlockKind(0x54534554, Map.of(1, "pages", 2, "index"));

  private static byte[] sampleBlock() {
    MemoryObjectStore objects = new MemoryObjectStore();
    try (ObjectOutput out = objects.create("b")) {
      BlockWriter block = new BlockWriter(out, KIND);
      block.section(1);
      block.page(ByteBuffer.wrap("first page".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      block.page(ByteBuffer.wrap("second".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      block.section(2);
      ByteWriter index = new ByteWriter();
      index.putString("index");
      index.putVarint(300);
      block.write(index);
      block.finish();
      out.commit();
    }
    ByteBuffer bytes = objects.read("b");
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  private static BlockReader open(byte[] bytes) {
    MemoryObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("b", ByteBuffer.wrap(bytes));
    return BlockReader.open(objects, "b", KIND);
  }

  private static String readAll(BlockReader reader) {
    ByteReader index = reader.section(2);
    return new String(reader.page(1, 0, 14).getBytes(10), java.nio.charset.StandardCharsets.UTF_8)
        + new String(reader.page(1, 14, 10).getBytes(6), java.nio.charset.StandardCharsets.UTF_8)
        + index.getString()
        + index.getVarint();
  }

  @Test
  void readsBackSectionsAndPages() {
    assertThat(readAll(open(sampleBlock()))).isEqualTo("first pagesecondindex300");
  }

  @Test
  void namesTheFileAndTheOffsetOfEveryFlippedBitOrServesNothingWrong() {
    byte[] good = sampleBlock();
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> readAll(open(bad)))
          .as("bit %d", bit)
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageStartingWith("b is corrupt at byte ");
    }
  }

  @Test
  void refusesEveryTruncation() {
    byte[] good = sampleBlock();
    for (int length = 0; length < good.length; length++) {
      byte[] cut = Arrays.copyOf(good, length);
      assertThatThrownBy(() -> readAll(open(cut))).isInstanceOf(StorageException.Corrupt.class);
    }
  }

  @Test
  void aSectionWithoutANameCannotBeWritten() {
    MemoryObjectStore objects = new MemoryObjectStore();
    try (ObjectOutput out = objects.create("b")) {
      BlockWriter block = new BlockWriter(out, KIND);
      assertThatThrownBy(() -> block.section(3)).hasMessageContaining("section 3 has no name");
    }
  }

  @Test
  void refusesABlockOfAnotherKind() {
    MemoryObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("b", ByteBuffer.wrap(sampleBlock()));
    assertThatThrownBy(() -> BlockReader.open(objects, "b", new BlockKind(7, Map.of())))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("kind");
  }

  @Test
  void aBlockOfVersion1DecodesForEver() {
    byte[] golden = Golden.bytes("storage", "block.bin", sampleBlock());
    assertThat(readAll(open(golden))).isEqualTo("first pagesecondindex300");
  }

  @Test
  void aBlockOfVersion2DecodesForEver() {
    byte[] golden = Golden.bytes("storage", "block-2.bin", sampleBlock());
    assertThat(readAll(open(golden))).isEqualTo("first pagesecondindex300");
    assertThat(sampleBlock()).isEqualTo(golden);
  }

  @Test
  void refusesTheBytesOfAnotherBlock() {
    MemoryObjectStore objects = new MemoryObjectStore();
    objects.createIfAbsent("c", ByteBuffer.wrap(sampleBlock()));
    assertThatThrownBy(() -> BlockReader.open(objects, "c", KIND))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageStartingWith("c is corrupt at byte ")
        .hasMessageContaining("it holds the bytes of b");
  }
}
