package io.trilith.promql.ast;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Consumer;

/**
 * Walks over trees without recursion: a chain of thousands of operators is a list to whoever wrote
 * it, and a tree as deep as it is long.
 */
public final class Trees {
  private Trees() {}

  /** All nodes, each before those below it, from left to right. */
  public static void preOrder(Expr root, Consumer<Expr> visitor) {
    Deque<Expr> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Expr node = open.pop();
      visitor.accept(node);
      pushAll(node.children().toList(), open);
    }
  }

  /** All nodes, each after those below it, from left to right. */
  public static List<Expr> postOrder(Expr root) {
    List<Expr> nodes = new ArrayList<>();
    Deque<Expr> open = new ArrayDeque<>();
    open.push(root);
    while (!open.isEmpty()) {
      Expr node = open.pop();
      nodes.add(node);
      node.children().forEach(open::push);
    }
    Collections.reverse(nodes);
    return nodes;
  }

  /** How many nodes are above each other, the root counted. */
  public static int depth(Expr root) {
    IdentityHashMap<Expr, Integer> depths = new IdentityHashMap<>();
    for (Expr node : postOrder(root)) {
      int below = node.children().mapToInt(child -> depths.getOrDefault(child, 0)).max().orElse(0);
      depths.put(node, below + 1);
    }
    return depths.getOrDefault(root, 1);
  }

  /** Puts nodes on a stack so that the first of them is the next to come off. */
  public static <T> void pushAll(List<T> nodes, Deque<T> open) {
    for (int i = nodes.size() - 1; i >= 0; i--) {
      open.push(nodes.get(i));
    }
  }
}
