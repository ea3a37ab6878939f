package io.trilith.tsdb.head;

import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.chunk.Chunk;
import io.trilith.tsdb.chunk.FloatCodec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes larger chunks of neighbours, where one begins after the other's end: which sample wins at a
 * timestamp stays as it was, because neighbours keep their place among the others. Reused from
 * series to series. Not thread-safe.
 */
final class ChunkMerge {
  private final SampleBuffer buffer = new SampleBuffer();

  /** The chunks, in order of writing, in fewer ones. */
  List<Chunk> merge(List<Chunk> chunks) {
    List<Chunk> merged = new ArrayList<>(chunks.size() / 4 + 2);
    int at = 0;
    while (at < chunks.size()) {
      int end = runEnd(chunks, at);
      merged.add(end - at == 1 ? chunks.get(at) : join(chunks.subList(at, end)));
      at = end;
    }
    return merged;
  }

  /** Floats, ascending in time, as chunks. */
  List<Chunk> chunks(SampleBuffer floats) {
    List<Chunk> made = new ArrayList<>(floats.size() / FloatCodec.CHUNK_SAMPLES + 1);
    for (int from = 0; from < floats.size(); from += FloatCodec.CHUNK_SAMPLES) {
      buffer.clear();
      int to = Math.min(floats.size(), from + FloatCodec.CHUNK_SAMPLES);
      for (int i = from; i < to; i++) {
        buffer.add(floats.timestamps()[i], floats.values()[i]);
        buffer.startedAt(floats.startTimestamp(i));
      }
      made.add(FloatCodec.encode(buffer.timestamps(), starts(), buffer.values(), buffer.size()));
    }
    return made;
  }

  /** Where the chunks that go into one with the first end. */
  private static int runEnd(List<Chunk> chunks, int from) {
    Chunk last = chunks.get(from);
    int count = last.count();
    int end = from + 1;
    for (; end < chunks.size(); end++) {
      Chunk next = chunks.get(end);
      count += next.count();
      if (last.kind() != Chunk.Kind.FLOATS
          || next.kind() != Chunk.Kind.FLOATS
          || next.min() <= last.max()
          || count > FloatCodec.CHUNK_SAMPLES) {
        break;
      }
      last = next;
    }
    return end;
  }

  private Chunk join(List<Chunk> run) {
    buffer.clear();
    for (Chunk chunk : run) {
      chunk.read(Long.MIN_VALUE, Long.MAX_VALUE, buffer);
    }
    return FloatCodec.encode(buffer.timestamps(), starts(), buffer.values(), buffer.size());
  }

  private long @Nullable [] starts() {
    long[] starts = null;
    for (int i = 0; i < buffer.size(); i++) {
      if (buffer.startTimestamp(i) != 0) {
        starts = starts == null ? new long[buffer.size()] : starts;
        starts[i] = buffer.startTimestamp(i);
      }
    }
    return starts;
  }
}
