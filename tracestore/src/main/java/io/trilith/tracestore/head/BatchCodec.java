package io.trilith.tracestore.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.columns.ColumnCodec;
import io.trilith.tracestore.columns.SpanBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch as a log record.
 *
 * <pre>
 * record  = version:1  rawLength:varint  zstd( content )      version 3: columns of ColumnCodec
 *
 * Version 2, read but not written: columns without the list of early ends.
 *
 * Version 1, read but not written:
 * content = count:varint resource*  count:varint scope*  count:varint span*
 * span    = traceId:16 spanId:8 parentId:8 start:zigzag duration:varint kind:varint
 *           statusCode:varint flags:4 resource:varint scope:varint name state message: strings
 *           attributes droppedAttributes droppedEvents droppedLinks: varints
 *           count:varint event*  count:varint link*
 * event   = time:zigzag name:string attributes dropped:varint
 * link    = traceId:16 spanId:8 state:string flags:4 attributes dropped:varint
 * </pre>
 */
public final class BatchCodec {
  private static final int VERSION = 3;

  /** Written by earlier releases. */
  private static final int ROWS = 1;

  private static final int NO_EARLY_ENDS = 2;

  private BatchCodec() {}

  public static ByteBuffer encode(SpanBatch batch) {
    ByteWriter content = new ByteWriter(64 + 160 * batch.size());
    ColumnCodec.put(batch.columns(), content);
    ByteWriter record = new ByteWriter(content.size() / 2 + 16);
    record.putByte(VERSION);
    Packed.packFast(content, record);
    return record.view();
  }

  /**
   * Decodes a record.
   *
   * @param name of the record, for errors
   */
  public static SpanBatch decode(ByteReader record, String name) {
    int version = record.getByte();
    if (version < ROWS || version > VERSION) {
      throw record.corrupt("version " + version + " is not known to this release");
    }
    ByteReader in = Packed.unpack(record, name);
    if (version != ROWS) {
      return new SpanBatch(ColumnCodec.get(in, version != NO_EARLY_ENDS));
    }
    List<Span.Resource> resources = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      resources.add(AttributeCodec.getResource(in));
    }
    List<Span.Scope> scopes = new ArrayList<>();
    for (int left = in.getCount(); left > 0; left--) {
      scopes.add(AttributeCodec.getScope(in));
    }
    SpanBatch batch = new SpanBatch();
    for (int left = in.getCount(32); left > 0; left--) {
      batch.add(getSpan(in, resources, scopes));
    }
    return batch;
  }

  private static Span getSpan(
      ByteReader in, List<Span.Resource> resources, List<Span.Scope> scopes) {
    TraceId traceId = new TraceId(in.getLong(), in.getLong());
    long spanId = in.getLong();
    long parentId = in.getLong();
    long start = in.getZigzag();
    long duration = in.getVarint();
    if (duration < 0 || start + duration < start) {
      throw in.corrupt("a duration of " + duration);
    }
    int kind = (int) in.getVarint();
    int code = (int) in.getVarint();
    int flags = in.getInt();
    Span.Resource resource = resources.get(in.getIndex(resources.size()));
    Span.Scope scope = scopes.get(in.getIndex(scopes.size()));
    String name = in.getString();
    String state = in.getString();
    Span.Status status = new Span.Status(code, in.getString());
    Attributes attributes = AttributeCodec.getAttributes(in);
    Span.Dropped dropped =
        new Span.Dropped((int) in.getVarint(), (int) in.getVarint(), (int) in.getVarint());
    return new Span(
        traceId,
        spanId,
        parentId,
        state,
        flags,
        name,
        kind,
        start,
        start + duration,
        status,
        attributes,
        getEvents(in),
        getLinks(in),
        dropped,
        resource,
        scope);
  }

  private static List<Span.Event> getEvents(ByteReader in) {
    List<Span.Event> events = new ArrayList<>();
    for (int left = in.getCount(4); left > 0; left--) {
      events.add(
          new Span.Event(
              in.getZigzag(),
              in.getString(),
              AttributeCodec.getAttributes(in),
              (int) in.getVarint()));
    }
    return events;
  }

  private static List<Span.Link> getLinks(ByteReader in) {
    List<Span.Link> links = new ArrayList<>();
    for (int left = in.getCount(31); left > 0; left--) {
      links.add(
          new Span.Link(
              new TraceId(in.getLong(), in.getLong()),
              in.getLong(),
              in.getString(),
              in.getInt(),
              AttributeCodec.getAttributes(in),
              (int) in.getVarint()));
    }
    return links;
  }
}
