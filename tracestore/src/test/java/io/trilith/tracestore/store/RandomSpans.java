package io.trilith.tracestore.store;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Spans of every shape. */
public final class RandomSpans {
  private final RandomGenerator random;
  private final List<Span.Resource> resources = new ArrayList<>();
  private final List<Span.Scope> scopes = new ArrayList<>();

  public RandomSpans(RandomGenerator random) {
    this.random = random;
    for (int i = 0; i < 3; i++) {
      resources.add(new Span.Resource(attributes(3), i, i == 0 ? "" : "schema" + i));
      scopes.add(new Span.Scope("lib" + i, i == 0 ? "" : "1." + i, attributes(i), i, ""));
    }
    resources.add(Span.Resource.NONE);
    scopes.add(Span.Scope.NONE);
  }

  public Span span(TraceId id, long spanId, long parentId, long startNanos) {
    List<Span.Event> events = new ArrayList<>();
    for (int left = random.nextInt(4) - 1; left > 0; left--) {
      events.add(
          new Span.Event(
              startNanos + random.nextInt(-5, 1000), text(), attributes(2), random.nextInt(2)));
    }
    List<Span.Link> links = new ArrayList<>();
    for (int left = random.nextInt(4) - 1; left > 0; left--) {
      links.add(
          new Span.Link(
              new TraceId(random.nextLong(), random.nextLong()),
              random.nextLong(),
              text(),
              random.nextInt(),
              attributes(2),
              random.nextInt(2)));
    }
    boolean dropped = random.nextInt(5) == 0;
    return new Span(
        id,
        spanId,
        parentId,
        random.nextInt(5) == 0 ? "vendor=1" : "",
        random.nextInt(3) == 0 ? random.nextInt() : 0,
        text(),
        random.nextInt(6),
        startNanos,
        startNanos + random.nextLong(1L << random.nextInt(1, 40)),
        new Span.Status(random.nextInt(3), random.nextInt(4) == 0 ? text() : ""),
        attributes(6),
        events,
        links,
        dropped ? new Span.Dropped(1, 2, random.nextInt(-1, 9)) : Span.Dropped.NOTHING,
        resources.get(random.nextInt(resources.size())),
        scopes.get(random.nextInt(scopes.size())));
  }

  /** As above; some end before they start, as some senders have it, or have no end at all. */
  public Span spanOfAnyTimes(TraceId id, long spanId, long parentId, long startNanos) {
    Span span = span(id, spanId, parentId, startNanos);
    long end =
        switch (random.nextInt(12)) {
          case 0 -> 0;
          case 1 -> Math.max(0, startNanos - 1);
          case 2 -> random.nextLong(startNanos + 1);
          case 3 -> Long.MAX_VALUE;
          default -> span.endNanos();
        };
    return withEnd(span, end);
  }

  /** A span with another end. */
  public static Span withEnd(Span span, long endNanos) {
    return new Span(
        span.traceId(),
        span.spanId(),
        span.parentId(),
        span.traceState(),
        span.flags(),
        span.name(),
        span.kind(),
        span.startNanos(),
        endNanos,
        span.status(),
        span.attributes(),
        span.events(),
        span.links(),
        span.dropped(),
        span.resource(),
        span.scope());
  }

  private String text() {
    return List.of("", "GET /", "ä中😀", "a\0b", "x".repeat(100), "op" + random.nextInt(9))
        .get(random.nextInt(6));
  }

  private Attributes attributes(int max) {
    int count = random.nextInt(max + 1);
    String[] keys = new String[count];
    AttributeValue[] values = new AttributeValue[count];
    for (int i = 0; i < count; i++) {
      keys[i] = "key" + (i * 3 + random.nextInt(3));
      values[i] = value(0);
    }
    return Attributes.of(keys, values);
  }

  private AttributeValue value(int depth) {
    return switch (random.nextInt(depth > 2 ? 6 : 8)) {
      case 0 -> new AttributeValue.Text(text());
      case 1 -> new AttributeValue.Int(random.nextBoolean() ? random.nextLong() : 7);
      case 2 -> new AttributeValue.Real(random.nextBoolean() ? random.nextDouble() : Double.NaN);
      case 3 -> new AttributeValue.Bool(random.nextBoolean());
      case 4 -> new AttributeValue.Empty();
      case 5 -> new AttributeValue.Bytes(text().getBytes(java.nio.charset.StandardCharsets.UTF_8));
      case 6 -> {
        List<AttributeValue> items = new ArrayList<>();
        for (int left = random.nextInt(4); left > 0; left--) {
          items.add(value(depth + 1));
        }
        yield new AttributeValue.Items(items);
      }
      default ->
          new AttributeValue.Entries(
              Attributes.of(new String[] {"nested"}, new AttributeValue[] {value(depth + 1)}));
    };
  }
}
