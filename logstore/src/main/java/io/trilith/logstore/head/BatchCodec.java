package io.trilith.logstore.head;

import io.trilith.logstore.LogBatch;
import io.trilith.logstore.MetadataCodec;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/**
 * A batch as a log record, see {@code docs/formats/log-records.md}.
 *
 * <pre>
 * record  = version:1  rawLength:varint  zstd( content )
 * content = streamCount:varint labels*  entryCount:varint entry*  lines
 * entry   = stream:varint  timeDistance:zigzag  lineLength:varint  metadata
 * </pre>
 */
public final class BatchCodec {
  private static final int VERSION = 1;

  /** Buffers that nobody uses right now; larger ones are not kept. */
  private static final ArrayBlockingQueue<ByteWriter> BUFFERS = new ArrayBlockingQueue<>(4);

  private static final int BUFFER_MAX = 1 << 20;

  private BatchCodec() {}

  public static ByteBuffer encode(LogBatch batch) {
    int entries = batch.entries();
    int lineBytes = entries == 0 ? 0 : batch.lineEnd(entries - 1);
    ByteWriter pooled = BUFFERS.poll();
    ByteWriter raw = pooled == null ? new ByteWriter(1 << 16) : pooled;
    raw.clear();
    raw.reserve(lineBytes + batch.metadataArray().length + entries * 16 + 1024);
    raw.putVarint(batch.streams().size());
    batch.streams().forEach(labels -> MetadataCodec.put(labels, raw));
    raw.putVarint(entries);
    long time = 0;
    for (int i = 0; i < entries; i++) {
      raw.putVarint(batch.stream(i));
      raw.putZigzag(batch.time(i) - time);
      raw.putVarint(batch.lineEnd(i) - batch.lineStart(i));
      int from = batch.metadataStart(i);
      raw.putBytes(batch.metadataArray(), from, batch.metadataEnd(i) - from);
      time = batch.time(i);
    }
    raw.putBytes(batch.lines(), 0, lineBytes);
    ByteWriter out = new ByteWriter(raw.size() / 3 + 64);
    out.putByte(VERSION);
    Packed.packFast(raw, out);
    if (raw.array().length <= BUFFER_MAX) {
      BUFFERS.offer(raw);
    }
    return out.view();
  }

  public static LogBatch decode(ByteReader record, String name) {
    int version = record.getByte();
    if (version != VERSION) {
      throw record.corrupt("log record version " + version + " is not known to this release");
    }
    byte[] raw = Packed.unpack(record);
    ByteReader in = new ByteReader(ByteBuffer.wrap(raw), name, 0);
    LogBatch batch = new LogBatch();
    int streams = in.getCount();
    for (int i = 0; i < streams; i++) {
      batch.addStream(MetadataCodec.get(in));
    }
    int entries = in.getCount(4);
    int[] stream = new int[entries];
    long[] times = new long[entries];
    int[] lengths = new int[entries];
    Labels[] metadata = new Labels[entries];
    long time = 0;
    long lineBytes = 0;
    for (int i = 0; i < entries; i++) {
      stream[i] = in.getIndex(streams);
      time += in.getZigzag();
      times[i] = time;
      lengths[i] = in.getIndex(raw.length + 1);
      lineBytes += lengths[i];
      metadata[i] = MetadataCodec.get(in);
    }
    if (lineBytes != in.remaining()) {
      throw in.corrupt(lineBytes + " bytes of lines expected, " + in.remaining() + " left");
    }
    int at = raw.length - in.remaining();
    for (int i = 0; i < entries; i++) {
      batch.addEntry(stream[i], times[i], raw, at, lengths[i], metadata[i]);
      at += lengths[i];
    }
    return batch;
  }
}
