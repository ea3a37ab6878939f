package io.trilith.logstore.page;

import io.trilith.logstore.MetadataCodec;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Entries whose lines are there as they came. Immutable.
 *
 * @param lineEnds where each line ends in {@code lines}
 * @param metadataAt where each entry's metadata stands in {@code metadata}, -1 for none
 */
@SuppressWarnings("ArrayRecordComponent") // columns; never compared
public record PlainPage(
    int count,
    long[] times,
    int[] lineStarts,
    int[] lineEnds,
    byte[] lines,
    int[] metadataAt,
    byte[] metadata)
    implements Page {

  @Override
  public long time(int entry) {
    return times[entry];
  }

  @Override
  public int lineLength(int entry) {
    return lineEnds[entry] - lineStarts[entry];
  }

  @Override
  public byte[] lineArray(int entry) {
    return lines;
  }

  @Override
  public int lineStart(int entry) {
    return lineStarts[entry];
  }

  @Override
  public int lineEnd(int entry) {
    return lineEnds[entry];
  }

  @Override
  public Labels metadata(int entry) {
    int at = metadataAt[entry];
    if (at < 0) {
      return Labels.EMPTY;
    }
    ByteBuffer bytes = ByteBuffer.wrap(metadata, at, metadata.length - at);
    return MetadataCodec.get(new ByteReader(bytes, "log page", at));
  }

  @Override
  public String metadata(int entry, String name) {
    int at = metadataAt[entry];
    return at < 0 ? "" : MetadataCodec.value(metadata, at, name);
  }

  /** Whether an entry has the same metadata as one of another page: its bytes are the same then. */
  public boolean equalMetadata(int entry, PlainPage other, int otherEntry) {
    int at = metadataAt[entry];
    int otherAt = other.metadataAt[otherEntry];
    if (at < 0 || otherAt < 0) {
      return at == otherAt;
    }
    int end = MetadataCodec.end(metadata, at);
    int otherEnd = MetadataCodec.end(other.metadata, otherAt);
    return Arrays.equals(metadata, at, end, other.metadata, otherAt, otherEnd);
  }

  @Override
  public long @Nullable [] select(PageScan scan) {
    return scan.isEverything() ? null : PlainSearch.select(this, scan);
  }
}
