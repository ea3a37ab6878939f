package io.trilith.tsdb.chunk;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tsdb.SampleBuffer;
import java.nio.ByteBuffer;

/**
 * A sealed run of samples of one series, ascending in time.
 *
 * @param min first timestamp, milliseconds
 * @param max last timestamp
 * @param kind how the data is encoded
 */
@SuppressWarnings("ArrayRecordComponent") // immutable by convention, never compared
public record Chunk(long min, long max, int count, Kind kind, byte[] data) {
  /** What a chunk holds; the code is written to disk. */
  public enum Kind {
    FLOATS(0),
    HISTOGRAMS(1);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  /** Adds the samples in {@code [from, to]} to a buffer. */
  public void read(long from, long to, SampleBuffer into) {
    if (max < from || min > to) {
      return;
    }
    decode(new ByteReader(ByteBuffer.wrap(data), "head chunk", 0), kind, from, to, into);
  }

  /**
   * Decodes a chunk at the reader's position and adds the samples in {@code [from, to]} to a
   * buffer.
   */
  public static void decode(ByteReader in, Kind kind, long from, long to, SampleBuffer into) {
    switch (kind) {
      case FLOATS -> FloatCodec.decode(in, from, to, into);
      case HISTOGRAMS -> HistogramCodec.decode(in, from, to, into);
    }
  }
}
