package io.trilith.traceql.ast;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stages, each working on the span sets that the one before left. */
public record Pipeline(List<Stage> stages) {
  public Pipeline {
    stages = List.copyOf(stages);
  }

  /** One step. */
  public sealed interface Stage {}

  /** What selects spans of a trace. */
  public sealed interface Spansets extends Stage {}

  /**
   * {@code { condition }}.
   *
   * @param condition null selects every span
   */
  public record Filter(@Nullable Expression condition) implements Spansets {}

  /** Two as one. Chains lean to the left, thousands deep: see {@link Chain}. */
  public sealed interface Joined extends Spansets {
    Spansets left();

    Spansets right();
  }

  /** Spans by where they stand to others in their trace. */
  public record Structural(Relation relation, Mode mode, Spansets left, Spansets right)
      implements Joined {}

  public record Both(Spansets left, Spansets right) implements Joined {}

  public record Either(Spansets left, Spansets right) implements Joined {}

  /**
   * A chain from its left end on, for who must not recurse over it.
   *
   * @param first joins nothing
   * @param joined the first has that on its left, each other one the one before
   */
  public record Chain(Spansets first, List<Joined> joined) {
    public static Chain of(Spansets last) {
      List<Joined> chain = new ArrayList<>();
      Spansets at = last;
      while (at instanceof Joined next) {
        chain.add(next);
        at = next.left();
      }
      return new Chain(at, chain.reversed());
    }
  }

  /** A pipeline in parentheses. */
  public record Group(Pipeline pipeline) implements Spansets {}

  /** How the right span stands to the left one. */
  public enum Relation {
    CHILD,
    DESCENDANT,
    PARENT,
    ANCESTOR,
    SIBLING
  }

  /** Which spans a relation selects: the right ones with it, those without, or both sides'. */
  public enum Mode {
    PLAIN,
    NEGATED,
    UNION
  }

  /** An aggregate compared with a constant. */
  public record AggregateFilter(Aggregate aggregate, ComparisonOperator operator, Static constant)
      implements Stage {}

  /**
   * One number per span set.
   *
   * @param operand null for count
   */
  public record Aggregate(Kind kind, @Nullable Expression operand) {
    /** The function. */
    public enum Kind {
      COUNT,
      MIN,
      MAX,
      SUM,
      AVG
    }
  }

  public record By(Expression expression) implements Stage {}

  public record Coalesce() implements Stage {}

  public record Select(List<Expression.Field> fields) implements Stage {
    public Select {
      fields = List.copyOf(fields);
    }
  }
}
