package io.trilith.tsdb.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.testing.Golden;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NotedRecordTest {
  private static final byte[] NOTE = "a note".getBytes(StandardCharsets.UTF_8);

  /** The worked example of docs/formats/log-records.md. */
  private static final byte[] BODY =
      HexFormat.of().parseHex("020500010f0a0d0a085f5f6e616d655f5f12016d0100030206000000");

  private static byte[] record(byte[] body) {
    ByteWriter out = new ByteWriter();
    NotedRecord.begin(NOTE, out);
    out.putBytes(body);
    return out.toArray();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  @Test
  void recordsOfVersion4AreReadForEver() {
    byte[] golden = Golden.bytes("tsdb", "log-record-4.bin", record(BODY));
    NotedRecord read = Objects.requireNonNull(NotedRecord.of(ByteBuffer.wrap(golden), 7));
    assertThat(bytes(read.note())).isEqualTo(NOTE);
    assertThat(bytes(read.body())).isEqualTo(BODY);
    assertThat(record(BODY)).isEqualTo(golden);
  }

  @Test
  void otherRecordsHaveNoNote() {
    assertThat(NotedRecord.of(ByteBuffer.wrap(BODY), 0)).isNull();
    assertThat(NotedRecord.of(ByteBuffer.allocate(0), 0)).isNull();
  }

  @Test
  void aRecordThatIsCutInItsNoteIsDamaged() {
    byte[] whole = record(new byte[0]);
    for (int length = 1; length < whole.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> NotedRecord.of(cut, 7))
          .isInstanceOf(StorageException.Corrupt.class)
          .hasMessageContaining("log record 7");
    }
  }
}
