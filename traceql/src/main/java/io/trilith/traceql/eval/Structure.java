package io.trilith.traceql.eval;

import io.trilith.traceql.ast.Pipeline;
import java.util.BitSet;

/** Relations between the spans of a tree, each in one pass over it. */
final class Structure {
  private Structure() {}

  static BitSet select(TraceView trace, Pipeline.Structural operator, BitSet left, BitSet right) {
    BitSet related = related(trace, operator.relation(), left);
    BitSet found = (BitSet) right.clone();
    switch (operator.mode()) {
      case PLAIN -> found.and(related);
      case NEGATED -> found.andNot(related);
      case UNION -> {
        found.and(related);
        BitSet origins = related(trace, inverse(operator.relation()), found);
        origins.and(left);
        found.or(origins);
      }
    }
    return found;
  }

  private static Pipeline.Relation inverse(Pipeline.Relation relation) {
    return switch (relation) {
      case CHILD -> Pipeline.Relation.PARENT;
      case PARENT -> Pipeline.Relation.CHILD;
      case DESCENDANT -> Pipeline.Relation.ANCESTOR;
      case ANCESTOR -> Pipeline.Relation.DESCENDANT;
      case SIBLING -> Pipeline.Relation.SIBLING;
    };
  }

  /** All spans that stand so to any of the given ones. */
  private static BitSet related(TraceView trace, Pipeline.Relation relation, BitSet from) {
    int[] order = trace.order();
    BitSet found = new BitSet(trace.size());
    switch (relation) {
      case CHILD -> {
        for (int span : order) {
          found.set(span, trace.parent(span) >= 0 && from.get(trace.parent(span)));
        }
      }
      case DESCENDANT -> {
        for (int span : order) {
          int parent = trace.parent(span);
          found.set(span, parent >= 0 && (from.get(parent) || found.get(parent)));
        }
      }
      case PARENT -> {
        for (int span : order) {
          if (from.get(span) && trace.parent(span) >= 0) {
            found.set(trace.parent(span));
          }
        }
      }
      case ANCESTOR -> {
        for (int i = order.length - 1; i >= 0; i--) {
          int parent = trace.parent(order[i]);
          if (parent >= 0 && (from.get(order[i]) || found.get(order[i]))) {
            found.set(parent);
          }
        }
      }
      case SIBLING -> siblings(trace, from, found);
    }
    return found;
  }

  private static void siblings(TraceView trace, BitSet from, BitSet found) {
    int[] children = new int[trace.size()];
    for (int span : trace.order()) {
      if (from.get(span) && trace.parent(span) >= 0) {
        children[trace.parent(span)]++;
      }
    }
    for (int span : trace.order()) {
      int parent = trace.parent(span);
      int others = parent < 0 ? 0 : children[parent] - (from.get(span) ? 1 : 0);
      found.set(span, others > 0);
    }
  }
}
