package io.trilith.tracestore.head;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Packed;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanBatch;
import io.trilith.tracestore.TraceId;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.chunk.Dictionary;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A batch as a log record.
 *
 * <pre>
 * record  = version:1  rawLength:varint  zstd( content )
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
  private static final int VERSION = 1;

  private BatchCodec() {}

  public static ByteBuffer encode(SpanBatch batch) {
    Dictionary<Span.Resource> resources = new Dictionary<>();
    Dictionary<Span.Scope> scopes = new Dictionary<>();
    ByteWriter spans = new ByteWriter(1 << 12);
    for (Span span : batch.spans()) {
      putSpan(span, resources.add(span.resource()), scopes.add(span.scope()), spans);
    }
    ByteWriter content = new ByteWriter(spans.size() + 1024);
    content.putVarint(resources.values().size());
    resources.values().forEach(resource -> AttributeCodec.putResource(resource, content));
    content.putVarint(scopes.values().size());
    scopes.values().forEach(scope -> AttributeCodec.putScope(scope, content));
    content.putVarint(batch.spans().size());
    content.putBytes(spans.view());
    ByteWriter record = new ByteWriter(content.size() / 2 + 16);
    record.putByte(VERSION);
    Packed.pack(content, record);
    return record.view();
  }

  private static void putSpan(Span span, int resource, int scope, ByteWriter out) {
    out.putLong(span.traceId().high());
    out.putLong(span.traceId().low());
    out.putLong(span.spanId());
    out.putLong(span.parentId());
    out.putZigzag(span.startNanos());
    out.putVarint(span.durationNanos());
    out.putVarint(span.kind());
    out.putVarint(span.status().code());
    out.putInt(span.flags());
    out.putVarint(resource);
    out.putVarint(scope);
    out.putString(span.name());
    out.putString(span.traceState());
    out.putString(span.status().message());
    AttributeCodec.putAttributes(span.attributes(), out);
    out.putVarint(span.dropped().attributes());
    out.putVarint(span.dropped().events());
    out.putVarint(span.dropped().links());
    out.putVarint(span.events().size());
    for (Span.Event event : span.events()) {
      out.putZigzag(event.timeNanos());
      out.putString(event.name());
      AttributeCodec.putAttributes(event.attributes(), out);
      out.putVarint(event.droppedAttributes());
    }
    out.putVarint(span.links().size());
    for (Span.Link link : span.links()) {
      out.putLong(link.traceId().high());
      out.putLong(link.traceId().low());
      out.putLong(link.spanId());
      out.putString(link.traceState());
      out.putInt(link.flags());
      AttributeCodec.putAttributes(link.attributes(), out);
      out.putVarint(link.droppedAttributes());
    }
  }

  /**
   * Decodes a record.
   *
   * @param name of the record, for errors
   */
  public static SpanBatch decode(ByteReader record, String name) {
    int version = record.getByte();
    if (version != VERSION) {
      throw record.corrupt("version " + version + " is not known to this release");
    }
    ByteReader in = Packed.unpack(record, name);
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
