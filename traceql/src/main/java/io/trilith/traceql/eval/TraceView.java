package io.trilith.traceql.eval;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanIds;
import io.trilith.tracestore.Trace;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole trace and the tree of its spans, each by its index. Spans that do not hang on a root, be
 * it that a parent is missing or that they form a cycle, have no place in the nested set.
 * Immutable.
 */
public final class TraceView {
  private static final int KIND_SERVER = 2;
  private static final int KIND_CLIENT = 3;

  private final Trace trace;
  private final List<Span> spans;
  private final int[] parents;
  private final int[] childCounts;
  private final int[] left;
  private final int[] right;

  /** Connected spans, parents before children. */
  private final int[] order;

  private final long endNanos;
  private final int root;

  public TraceView(Trace trace) {
    this.trace = trace;
    this.spans = trace.spans();
    int size = spans.size();
    parents = new int[size];
    childCounts = new int[size];
    left = new int[size];
    right = new int[size];
    findParents();
    root = findRoot();
    order = number();
    endNanos = trace.endNanos();
  }

  private void findParents() {
    SpanIds byId = new SpanIds();
    byId.clear(spans.size());
    SpanIds clients = null;
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      // One id may name the client's and the server's side; children belong to the server's.
      boolean isServer = span.kind() == KIND_SERVER;
      int before = byId.get(span.spanId());
      if (before < 0) {
        byId.put(span.spanId(), i);
        continue;
      }
      if (clients == null) {
        clients = new SpanIds();
        clients.clear(spans.size());
      }
      if (spans.get(before).kind() == KIND_CLIENT) {
        clients.put(span.spanId(), before);
      }
      if (span.kind() == KIND_CLIENT) {
        clients.put(span.spanId(), i);
      }
      if (isServer) {
        byId.put(span.spanId(), i);
      }
    }
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      int client = clients != null && span.kind() == KIND_SERVER ? clients.get(span.spanId()) : -1;
      int parent = span.parentId() == 0 ? -1 : byId.get(span.parentId());
      parents[i] = client >= 0 ? client : parent == i ? -1 : parent;
      if (parents[i] >= 0) {
        childCounts[parents[i]]++;
      }
    }
  }

  private boolean isRoot(int span) {
    return parents[span] < 0 && spans.get(span).parentId() == 0;
  }

  private int findRoot() {
    for (int i = 0; i < spans.size(); i++) {
      if (isRoot(i)) {
        return i;
      }
    }
    return -1;
  }

  /** Numbers the nested set without recursion. */
  private int[] number() {
    int size = spans.size();
    int[] firstChild = new int[size];
    int[] nextSibling = new int[size];
    Arrays.fill(firstChild, -1);
    Arrays.fill(nextSibling, -1);
    for (int i = size - 1; i >= 0; i--) {
      if (parents[i] >= 0) {
        nextSibling[i] = firstChild[parents[i]];
        firstChild[parents[i]] = i;
      }
    }
    int[] reached = new int[size];
    int count = 0;
    int number = 1;
    for (int start = 0; start < size; start++) {
      if (!isRoot(start)) {
        continue;
      }
      int at = start;
      left[at] = number++;
      reached[count++] = at;
      while (true) {
        int child = firstChild[at];
        if (child >= 0) {
          firstChild[at] = nextSibling[child];
          at = child;
          left[at] = number++;
          reached[count++] = at;
        } else {
          right[at] = number++;
          if (at == start) {
            break;
          }
          at = parents[at];
        }
      }
    }
    return Arrays.copyOf(reached, count);
  }

  public Trace trace() {
    return trace;
  }

  public int size() {
    return spans.size();
  }

  public Span span(int i) {
    return spans.get(i);
  }

  /** Index of the parent, negative without one. */
  public int parent(int i) {
    return parents[i];
  }

  public int childCount(int i) {
    return childCounts[i];
  }

  public int nestedLeft(int i) {
    return left[i];
  }

  public int nestedRight(int i) {
    return right[i];
  }

  /** The parent's left number; -1 for a root, 0 for a span without a place. */
  public int nestedParent(int i) {
    if (left[i] == 0) {
      return 0;
    }
    return parents[i] < 0 ? -1 : left[parents[i]];
  }

  int[] order() {
    return order;
  }

  public long startNanos() {
    return trace.startNanos();
  }

  public long durationNanos() {
    return endNanos - trace.startNanos();
  }

  /** The earliest root, null when it has not come yet. */
  public @Nullable Span root() {
    return root < 0 ? null : spans.get(root);
  }

  /** Name of a span's service, null when its resource says none. */
  public static @Nullable String service(Span span) {
    return service(span.resource());
  }

  static @Nullable String service(Span.Resource resource) {
    return resource.attributes().find("service.name") instanceof AttributeValue.Text text
        ? text.value()
        : null;
  }
}
