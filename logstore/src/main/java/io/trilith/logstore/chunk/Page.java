package io.trilith.logstore.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;

/**
 * Entries of one stream, decoded, in order of time. Immutable.
 *
 * @param lineEnds where each line ends in {@code lines}; it begins where the one before ends
 * @param metadataAt where each entry's metadata stands in {@code metadata}, -1 for none
 */
@SuppressWarnings("ArrayRecordComponent") // columns; never compared
public record Page(
    int count,
    long[] times,
    int[] lineStarts,
    int[] lineEnds,
    byte[] lines,
    int[] metadataAt,
    byte[] metadata) {

  public Labels metadata(int entry) {
    int at = metadataAt[entry];
    if (at < 0) {
      return Labels.EMPTY;
    }
    ByteBuffer bytes = ByteBuffer.wrap(metadata, at, metadata.length - at);
    return MetadataCodec.get(new ByteReader(bytes, "log page", at));
  }
}
