package io.trilith.tracestore.columns;

import static io.trilith.tracestore.columns.SpanColumns.BASE;
import static io.trilith.tracestore.columns.SpanColumns.DROPPED;
import static io.trilith.tracestore.columns.SpanColumns.EVENTS;
import static io.trilith.tracestore.columns.SpanColumns.EVENT_BASE;
import static io.trilith.tracestore.columns.SpanColumns.EVENT_DROPPED;
import static io.trilith.tracestore.columns.SpanColumns.EVENT_NAME;
import static io.trilith.tracestore.columns.SpanColumns.EVENT_SHAPE;
import static io.trilith.tracestore.columns.SpanColumns.FLAGS;
import static io.trilith.tracestore.columns.SpanColumns.KIND;
import static io.trilith.tracestore.columns.SpanColumns.LINKS;
import static io.trilith.tracestore.columns.SpanColumns.LINK_BASE;
import static io.trilith.tracestore.columns.SpanColumns.LINK_DROPPED;
import static io.trilith.tracestore.columns.SpanColumns.LINK_FLAGS;
import static io.trilith.tracestore.columns.SpanColumns.LINK_SHAPE;
import static io.trilith.tracestore.columns.SpanColumns.LINK_STATE;
import static io.trilith.tracestore.columns.SpanColumns.MESSAGE;
import static io.trilith.tracestore.columns.SpanColumns.NAME;
import static io.trilith.tracestore.columns.SpanColumns.RESOURCE;
import static io.trilith.tracestore.columns.SpanColumns.SCOPE;
import static io.trilith.tracestore.columns.SpanColumns.SHAPE;
import static io.trilith.tracestore.columns.SpanColumns.SPAN_LONGS;
import static io.trilith.tracestore.columns.SpanColumns.STATE;

import io.trilith.storage.encoding.ByteReader;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.chunk.AttributeCodec;
import io.trilith.tracestore.columns.TextRewrite.Role;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Copies spans of other columns, each text and shape looked up once; on the way texts may become
 * others. Used once, by one thread.
 */
public final class SpanCopy {
  private final SpanColumns to;
  private final SpanColumns from;
  private final @Nullable TextRewrite rewrite;
  private final int[][] textOf = new int[Role.values().length][];
  private final int[] shapeOf;
  private final int[] resourceOf;
  private final int[] scopeOf;
  private int[] keys = new int[16];
  private final AttributeRow rewritten = new AttributeRow();
  private int owner = -1;

  /** A copy as it is. */
  public SpanCopy(SpanColumns to, SpanColumns from) {
    this(to, from, null);
  }

  SpanCopy(SpanColumns to, SpanColumns from, @Nullable TextRewrite rewrite) {
    this.to = to;
    this.from = from;
    this.rewrite = rewrite;
    shapeOf = unknown(from.shapes.size());
    resourceOf = unknown(from.resources.values().size());
    scopeOf = unknown(from.scopes.values().size());
  }

  private static int[] unknown(int size) {
    int[] numbers = new int[size];
    Arrays.fill(numbers, -1);
    return numbers;
  }

  private int text(Role role, int number) {
    // Without a rewrite what a text is makes no difference.
    int at = rewrite == null ? 0 : role.ordinal();
    int[] known = textOf[at];
    if (known == null) {
      known = unknown(from.texts.size());
      textOf[at] = known;
    }
    if (known[number] < 0) {
      TextTable source = from.texts;
      int start = source.start(number);
      int end = source.end(number);
      byte[] instead = rewrite == null ? null : rewrite.text(role, source.bytes(), start, end);
      known[number] =
          instead == null
              ? to.texts.add(source.bytes(), start, end)
              : to.text(instead, 0, instead.length);
    }
    return known[number];
  }

  private int shape(Role role, int number) {
    if (shapeOf[number] < 0) {
      AttributeShape shape = from.shapes.get(number);
      if (keys.length < shape.size()) {
        keys = new int[shape.size()];
      }
      for (int i = 0; i < shape.size(); i++) {
        keys[i] = text(role, shape.keys()[i]);
      }
      shapeOf[number] = to.shapes.add(keys, shape.types(), shape.size(), to.texts);
    }
    return shapeOf[number];
  }

  /** Copies values and returns where they are now. */
  private int values(int shapeNumber, int base) {
    int at = to.values.size();
    byte[] types = from.shapes.get(shapeNumber).types();
    long[] source = from.values.array();
    to.values.reserve(types.length);
    for (int i = 0; i < types.length; i++) {
      boolean isText = types[i] == AttributeRow.TEXT || types[i] == AttributeRow.OTHER;
      to.values.add(isText ? text(Role.ATTRIBUTE, (int) source[base + i]) : source[base + i]);
    }
    return at;
  }

  /** Copies the attributes of a row; its shape and base are added to the columns. */
  private void attributes(Role role, int shape, int base, IntList shapes, IntList bases) {
    if (rewrite == null) {
      shapes.add(shape(role, shape));
      bases.add(values(shape, base));
      return;
    }
    AttributeShape of = from.shapes.get(shape);
    long[] source = from.values.array();
    rewritten.clear();
    for (int i = 0; i < of.size(); i++) {
      int key = text(role, of.keys()[i]);
      long value = source[base + i];
      byte type = of.types()[i];
      switch (type) {
        case AttributeRow.TEXT -> rewritten.add(key, type, text(role, (int) value));
        case AttributeRow.OTHER -> other(rewrite, role, key, (int) value);
        case AttributeRow.INT -> {
          byte[] instead = rewrite.number(role, value);
          if (instead == null) {
            rewritten.add(key, type, value);
          } else {
            rewritten.add(key, AttributeRow.TEXT, to.text(instead, 0, instead.length));
          }
        }
        default -> rewritten.add(key, type, value);
      }
    }
    int at = to.values.size();
    shapes.add(to.shape(rewritten));
    bases.add(at);
  }

  private void other(TextRewrite by, Role role, int key, int text) {
    AttributeValue value = decoded(from, text);
    AttributeValue next = by.value(role, value);
    rewritten.add(key, AttributeRow.OTHER, to.other(next == null ? value : next));
  }

  /** A value that no word holds. */
  static AttributeValue decoded(SpanColumns columns, int text) {
    int start = columns.texts.start(text);
    int length = columns.texts.end(text) - start;
    ByteBuffer bytes = ByteBuffer.wrap(columns.texts.bytes(), start, length).slice();
    return AttributeCodec.getValue(new ByteReader(bytes, "span columns", 0));
  }

  private int resource(int number) {
    if (resourceOf[number] < 0) {
      Span.Resource resource = from.resources.values().get(number);
      Attributes next =
          rewrite == null ? null : rewrite.attributes(Role.ATTRIBUTE, resource.attributes());
      resourceOf[number] =
          to.resource(
              next == null
                  ? resource
                  : new Span.Resource(next, resource.droppedAttributes(), resource.schemaUrl()));
    }
    return resourceOf[number];
  }

  private int scope(int number) {
    if (scopeOf[number] < 0) {
      Span.Scope scope = from.scopes.values().get(number);
      scopeOf[number] = to.scope(rewrite == null ? scope : rewritten(rewrite, scope));
    }
    return scopeOf[number];
  }

  private static Span.Scope rewritten(TextRewrite by, Span.Scope scope) {
    AttributeValue name = by.value(Role.ATTRIBUTE, new AttributeValue.Text(scope.name()));
    Attributes next = by.attributes(Role.ATTRIBUTE, scope.attributes());
    return new Span.Scope(
        name instanceof AttributeValue.Text(String text) ? text : scope.name(),
        scope.version(),
        next == null ? scope.attributes() : next,
        scope.droppedAttributes(),
        scope.schemaUrl());
  }

  /** Whose texts come next: what was looked up before may be another's. */
  private void owned(TextRewrite by, int resource) {
    if (resource != owner && by.owner(from.resources.values().get(resource))) {
      Arrays.fill(textOf, null);
      Arrays.fill(scopeOf, -1);
    }
    owner = resource;
  }

  /** Copies a span. */
  public void span(int row) {
    IntList[] source = from.spans.ints;
    if (rewrite != null) {
      owned(rewrite, source[RESOURCE].get(row));
    }
    int firstEvent = row == 0 ? 0 : source[EVENTS].get(row - 1);
    for (int i = firstEvent; i < source[EVENTS].get(row); i++) {
      event(i);
    }
    int firstLink = row == 0 ? 0 : source[LINKS].get(row - 1);
    for (int i = firstLink; i < source[LINKS].get(row); i++) {
      link(i);
    }
    for (int i = 0; i < SPAN_LONGS; i++) {
      to.spans.longs[i].add(from.spans.longs[i].get(row));
    }
    IntList[] into = to.spans.ints;
    into[KIND].add(source[KIND].get(row));
    into[FLAGS].add(source[FLAGS].get(row));
    int left = source[DROPPED].get(row);
    into[DROPPED].add(left == 0 ? 0 : to.dropped.add(from.dropped.values().get(left)));
    into[RESOURCE].add(resource(source[RESOURCE].get(row)));
    into[SCOPE].add(scope(source[SCOPE].get(row)));
    into[NAME].add(text(Role.NAME, source[NAME].get(row)));
    into[STATE].add(text(Role.STATE, source[STATE].get(row)));
    into[MESSAGE].add(text(Role.MESSAGE, source[MESSAGE].get(row)));
    attributes(
        Role.ATTRIBUTE, source[SHAPE].get(row), source[BASE].get(row), into[SHAPE], into[BASE]);
    into[EVENTS].add(to.events.size());
    into[LINKS].add(to.links.size());
  }

  private void event(int row) {
    IntList[] source = from.events.ints;
    IntList[] into = to.events.ints;
    to.events.longs[0].add(from.events.longs[0].get(row));
    into[EVENT_NAME].add(text(Role.EVENT, source[EVENT_NAME].get(row)));
    into[EVENT_DROPPED].add(source[EVENT_DROPPED].get(row));
    attributes(
        Role.EVENT,
        source[EVENT_SHAPE].get(row),
        source[EVENT_BASE].get(row),
        into[EVENT_SHAPE],
        into[EVENT_BASE]);
  }

  private void link(int row) {
    IntList[] source = from.links.ints;
    IntList[] into = to.links.ints;
    for (int i = 0; i < 3; i++) {
      to.links.longs[i].add(from.links.longs[i].get(row));
    }
    into[LINK_STATE].add(text(Role.STATE, source[LINK_STATE].get(row)));
    into[LINK_FLAGS].add(source[LINK_FLAGS].get(row));
    into[LINK_DROPPED].add(source[LINK_DROPPED].get(row));
    attributes(
        Role.ATTRIBUTE,
        source[LINK_SHAPE].get(row),
        source[LINK_BASE].get(row),
        into[LINK_SHAPE],
        into[LINK_BASE]);
  }
}
