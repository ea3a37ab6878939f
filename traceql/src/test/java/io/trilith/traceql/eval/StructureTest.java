package io.trilith.traceql.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.testing.Seeds;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.Trace;
import io.trilith.tracestore.TraceId;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Structural operators on random trees against their definition. */
class StructureTest {
  private static final TraceId ID = new TraceId(1, 1);

  private static Span span(long id, long parent, long start, String mark) {
    return new Span(
        ID,
        id,
        parent,
        "",
        0,
        "s" + id,
        1,
        start,
        start + 1,
        Span.Status.UNSET,
        Attributes.of(new String[] {mark}, new AttributeValue[] {new AttributeValue.Bool(true)}),
        List.of(),
        List.of(),
        Span.Dropped.NOTHING,
        Span.Resource.NONE,
        Span.Scope.NONE);
  }

  private static TraceView tree(SplittableRandom random) {
    int size = random.nextInt(1, 12);
    List<Span> spans = new ArrayList<>();
    for (int id = 1; id <= size; id++) {
      // A parent may be missing (40), may come later, and parents may form a cycle.
      long parent =
          switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> 40;
            case 2 -> random.nextInt(1, size + 1);
            default -> id == 1 ? 0 : random.nextInt(1, id);
          };
      String mark = List.of("a", "b", "c").get(random.nextInt(3));
      spans.add(span(id, parent, random.nextInt(100), mark));
    }
    return new TraceView(Trace.of(ID, spans));
  }

  private static TreeSet<Long> run(String query, TraceView tree) {
    TraceQuery.Search search = (TraceQuery.Search) TraceQueries.parse(query);
    TreeSet<Long> ids = new TreeSet<>();
    for (Spanset set : PipelineRun.run(search.pipeline(), tree, QueryContext.unlimited())) {
      BitSet spans = set.spans();
      for (int i = spans.nextSetBit(0); i >= 0; i = spans.nextSetBit(i + 1)) {
        ids.add(tree.span(i).spanId());
      }
    }
    return ids;
  }

  /** A naive tree: spans by id, relations by walking. */
  private record Naive(List<Span> spans) {
    private long parentOf(Span span) {
      boolean there =
          span.parentId() != span.spanId()
              && spans.stream().anyMatch(s -> s.spanId() == span.parentId());
      return there ? span.parentId() : 0;
    }

    private Span byId(long id) {
      return spans.stream().filter(s -> s.spanId() == id).findFirst().orElseThrow();
    }

    private boolean hangsOnARoot(Span span) {
      Span at = span;
      for (int i = 0; i <= spans.size(); i++) {
        if (parentOf(at) == 0) {
          return at.parentId() == 0;
        }
        at = byId(parentOf(at));
      }
      return false;
    }

    private boolean isAncestor(Span upper, Span lower) {
      Span at = lower;
      while (parentOf(at) != 0) {
        at = byId(parentOf(at));
        if (at.spanId() == upper.spanId()) {
          return true;
        }
      }
      return false;
    }

    boolean related(String operator, Span left, Span right) {
      if (!hangsOnARoot(left) || !hangsOnARoot(right)) {
        return false;
      }
      return switch (operator) {
        case ">" -> parentOf(right) == left.spanId();
        case ">>" -> isAncestor(left, right);
        case "<" -> parentOf(left) == right.spanId();
        case "<<" -> isAncestor(right, left);
        default ->
            left.spanId() != right.spanId()
                && parentOf(left) != 0
                && parentOf(left) == parentOf(right);
      };
    }

    TreeSet<Long> select(String mode, String operator) {
      List<Span> left = marked("a");
      List<Span> right = marked("b");
      TreeSet<Long> ids = new TreeSet<>();
      for (Span r : right) {
        boolean any = left.stream().anyMatch(l -> related(operator, l, r));
        if (any != mode.equals("!")) {
          ids.add(r.spanId());
        }
      }
      if (mode.equals("&")) {
        left.stream()
            .filter(l -> right.stream().anyMatch(r -> related(operator, l, r)))
            .forEach(l -> ids.add(l.spanId()));
      }
      return ids;
    }

    private List<Span> marked(String mark) {
      return spans.stream()
          .filter(s -> s.attributes().find(mark) != null || s.attributes().find("c") != null)
          .toList();
    }
  }

  /** Unless the left side decides before the right one is looked at. */
  @Test
  void whatIsNotThereIsNoSideOfAnOr() {
    TraceView trace = new TraceView(Trace.of(ID, List.of(span(1, 0, 5, "a"), span(2, 1, 6, "b"))));
    assertThat(run("{ .a || .nope }", trace)).containsExactly(1L);
    assertThat(run("{ .nope || .a }", trace)).isEmpty();
    assertThat(run("{ .nope || name != nil }", trace)).isEmpty();
    assertThat(run("{ .nope != nil || .b }", trace)).containsExactly(2L);
    assertThat(run("{ .a || (.nope || .b) }", trace)).containsExactly(1L);
    assertThat(run("{ .nope && .a }", trace)).isEmpty();
  }

  @Test
  void equalsTheDefinitionOnRandomTrees() {
    SplittableRandom random = Seeds.random("equalsTheDefinitionOnRandomTrees");
    for (int i = 0; i < Seeds.iterations(300); i++) {
      TraceView tree = tree(random);
      Naive naive = new Naive(tree.trace().spans());
      for (String operator : List.of(">", ">>", "<", "<<", "~")) {
        for (String mode : List.of("", "!", "&")) {
          String query =
              "{ .a = true || .c = true } " + mode + operator + " { .b = true || .c = true }";
          assertThat(run(query, tree))
              .as("%s of %s", query, tree.trace())
              .isEqualTo(naive.select(mode, operator));
        }
      }
    }
  }

  @Test
  void numbersTheNestedSet() {
    TraceView tree =
        new TraceView(
            Trace.of(
                ID,
                List.of(
                    span(1, 0, 0, "a"),
                    span(2, 1, 1, "a"),
                    span(3, 2, 2, "a"),
                    span(4, 1, 3, "a"),
                    span(5, 99, 4, "a"))));
    assertThat(run("{ nestedSetLeft = 1 && nestedSetRight = 8 && nestedSetParent = -1 }", tree))
        .containsExactly(1L);
    assertThat(run("{ nestedSetParent = 2 && nestedSetLeft = 3 }", tree)).containsExactly(3L);
    assertThat(run("{ nestedSetLeft = 0 && nestedSetParent = 0 }", tree)).containsExactly(5L);
    assertThat(run("{ span:childCount = 2 }", tree)).containsExactly(1L);
  }

  @Test
  void keepsPipelinesOverSetsApart() {
    TraceView tree = new TraceView(Trace.of(ID, List.of(span(1, 0, 0, "a"), span(2, 1, 1, "b"))));
    Pipeline pipeline =
        ((TraceQuery.Search) TraceQueries.parse("{} | by(.a) | count() = 1")).pipeline();
    assertThat(PipelineRun.run(pipeline, tree, QueryContext.unlimited())).hasSize(2);
    assertThat(run("({ .a } | count() > 1) || { .b }", tree)).containsExactly(2L);
  }
}
