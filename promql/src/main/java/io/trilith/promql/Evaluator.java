package io.trilith.promql;

import io.trilith.engine.QueryBudget;
import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.engine.StepGrid;
import io.trilith.promql.QueryStatistics.Probe;
import io.trilith.promql.ast.Expr;
import io.trilith.promql.ast.ValueType;
import io.trilith.promql.parser.Positions;
import io.trilith.storage.model.Labels;
import io.trilith.tsdb.SeriesReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates trees over step grids, node by node. Confined to one thread, which others help to make
 * series by means of a {@link Lane} each.
 */
final class Evaluator implements Notes {
  private final String query;
  private final QueryContext context;
  private final EvaluationSettings settings;
  private final Selectors selectors;
  private final Structure structure;
  private final SharedVectors shared;
  private final ParallelStream parallel;
  private final LongChains chains;
  private final QueryStatistics statistics;
  private final @Nullable QueryPlan plan;
  private final OperatorClock clock = new OperatorClock();
  private final List<Notes> listeners = new ArrayList<>();

  /** Bytes that are kept beyond the node that took them. */
  private long retained;

  /** How many subqueries are around what is evaluated now. */
  private int subqueries;

  Evaluator(
      String query,
      Expr root,
      SeriesReader reader,
      QueryContext context,
      EvaluationSettings settings,
      QueryWorkers workers,
      QueryStatistics statistics) {
    this.query = query;
    this.context = context;
    this.settings = settings;
    Set<Integer> detectingResets = ResetDetection.selectors(root);
    this.selectors = new Selectors(reader, this, detectingResets, root);
    this.structure = new Structure(root, detectingResets);
    this.shared = new SharedVectors(this);
    this.chains = new LongChains(this, root);
    this.parallel = new ParallelStream(this, workers);
    this.statistics = statistics;
    this.plan = statistics.measures() ? new QueryPlan(root, structure) : null;
    statistics.begin(settings.grid(), plan, context.budget());
  }

  QueryContext context() {
    return context;
  }

  EvaluationSettings settings() {
    return settings;
  }

  QueryStatistics statistics() {
    return statistics;
  }

  /** Of the query's thread. */
  OperatorClock clock() {
    return clock;
  }

  /** Whether samples that are looked at now count for the steps of the query. */
  boolean countsSamples() {
    return statistics.countsSamples() && subqueries == 0;
  }

  /** The value over the points of a subquery. */
  Value evalSubquery(Expr inner, StepGrid points) {
    subqueries++;
    Value value = eval(inner, points);
    subqueries--;
    return value;
  }

  Selectors selectors() {
    return selectors;
  }

  @Override
  public void warn(String text, int position) {
    context.annotations().warn("PromQL warning: " + text + place(position));
    for (Notes listener : listeners) {
      listener.warn(text, position);
    }
  }

  @Override
  public void info(String text, int position) {
    context.annotations().info("PromQL info: " + text + place(position));
    for (Notes listener : listeners) {
      listener.info(text, position);
    }
  }

  private String place(int position) {
    return " (" + Positions.lineAndColumn(query, position) + ")";
  }

  /** Tells somebody of the annotations too, until {@link #unlisten}. */
  void listen(Notes listener) {
    listeners.add(listener);
  }

  void unlisten(Notes listener) {
    listeners.remove(listener);
  }

  /** Takes bytes until they are released, whatever {@link #eval} gives back. */
  void retain(long bytes) {
    context.budget().addBytes(bytes);
    retained += bytes;
  }

  /** Gives back what was retained. */
  void release(long bytes) {
    retained -= bytes;
    context.budget().giveBack(bytes);
  }

  /**
   * The value of an expression. Of the bytes that were taken on the way there only those of the
   * value, and retained ones, stay taken: all else is garbage then.
   */
  Value eval(Expr expr, StepGrid grid) {
    context.check();
    Value known = chains.take(expr, grid);
    if (known != null) {
      return known;
    }
    chains.prepare(expr, grid);
    QueryBudget budget = context.budget();
    long before = budget.bytes() - retained;
    Value value = evalNode(expr, grid);
    long kept = before + retained;
    if (value instanceof Value.Vector vector) {
      for (Series series : vector.series()) {
        kept += series.bytes();
      }
    }
    long taken = budget.bytes();
    if (taken > kept) {
      budget.giveBack(taken - kept);
    } else {
      budget.addBytes(kept - taken);
    }
    return value;
  }

  /** Gives the series of a vector one by one; where that is possible none of them is kept. */
  void stream(Expr expr, StepGrid grid, SeriesSink sink) {
    if (chains.take(expr, grid) instanceof Value.Vector vector) {
      chains.give(vector, sink);
      return;
    }
    chains.prepare(expr, grid);
    int number = structure.shared(expr);
    if (number >= 0) {
      shared.stream(expr, number, grid, sink);
    } else {
      streamAnew(expr, grid, sink);
    }
  }

  /** As {@link #stream}, whether somebody has kept the series or not. */
  void streamAnew(Expr expr, StepGrid grid, SeriesSink sink) {
    List<Stage> stages = new ArrayList<>();
    Inner inner = inner(expr, grid, stages);
    SeriesSource source =
        inner.below()
                && (structure.shared(inner.node()) >= 0 || chains.has(inner.node(), inner.grid()))
            ? null
            : source(inner.node(), inner.grid());
    if (source != null) {
      parallel.run(new Pipeline(source, stages, grid.count()), sink);
      return;
    }
    SeriesSink first = Pipeline.through(stages, Lane.direct(this), sink);
    if (inner.below()) {
      stream(inner.node(), inner.grid(), first);
    } else {
      streamNode(inner.node(), inner.grid(), first);
    }
  }

  /** What is below some stages, or the same node where there are none. */
  private record Inner(Expr node, boolean below, StepGrid grid) {}

  /** Takes the stages off the outside of an expression. */
  private Inner inner(Expr expr, StepGrid grid, List<Stage> stages) {
    Expr node = expr;
    StepGrid here = grid;
    boolean inside = false;
    while (true) {
      if (isFixed(node, here)) {
        stages.add(Stages.broadcast(here.count()));
        here = oneStep(here);
      }
      Expr below = Stages.below(node);
      if (below == null) {
        return new Inner(node, inside, here);
      }
      Stage stage = Stages.of(this, node, here);
      Probe probe = probe(node);
      if (stage != null) {
        stages.add(probe == null ? stage : OperatorClock.measured(stage, probe));
      }
      node = below;
      inside = true;
      if (structure.shared(node) >= 0 || chains.has(node, here)) {
        return new Inner(node, true, here);
      }
    }
  }

  private @Nullable Probe probe(Expr node) {
    return plan == null ? null : statistics.probe(plan.number(node));
  }

  private @Nullable SeriesSource source(Expr node, StepGrid grid) {
    Probe probe = probe(node);
    if (probe == null) {
      return sourceOf(node, grid);
    }
    Probe before = clock.enter(probe);
    SeriesSource source = sourceOf(node, grid);
    clock.enter(before);
    return source == null ? null : OperatorClock.measured(source, probe);
  }

  /** A source of the series of a node that reads them one by one. */
  private @Nullable SeriesSource sourceOf(Expr node, StepGrid grid) {
    return switch (node) {
      case Expr.VectorSelector selector ->
          selectors.instant(selector, selector.matchers(), grid, Selectors.Wanted.SAMPLE);
      case Expr.Call call -> Functions.source(this, call, grid);
      default -> null;
    };
  }

  private void streamNode(Expr node, StepGrid grid, SeriesSink sink) {
    Probe probe = probe(node);
    if (probe == null) {
      streamUnmeasured(node, grid, sink);
      return;
    }
    Probe before = clock.enter(probe);
    streamUnmeasured(node, grid, OperatorClock.away(clock, OperatorClock.counted(sink, probe)));
    clock.enter(before);
  }

  private void streamUnmeasured(Expr node, StepGrid grid, SeriesSink sink) {
    switch (node) {
      case Expr.Aggregation aggregation -> new Aggregator(this, aggregation).stream(grid, sink);
      case Expr.Binary binary -> new BinaryOperator(this, binary).stream(grid, sink);
      case Expr.Call call when Functions.streams(call) -> Functions.stream(this, call, grid, sink);
      default -> {
        for (Series series : vector(node, grid)) {
          if (!series.isEmpty()) {
            sink.accept(series);
          }
        }
      }
    }
  }

  /** Whether a node is evaluated at one step for all. */
  boolean isFixed(Expr expr, StepGrid grid) {
    return grid.count() > 1 && structure.invariance().worthwhile(expr);
  }

  private static StepGrid oneStep(StepGrid grid) {
    return new StepGrid(grid.start(), grid.step(), 1);
  }

  /** Gives all series of a source. */
  void run(SeriesSource source, StepGrid grid, SeriesSink sink) {
    parallel.run(new Pipeline(source, List.of(), grid.count()), sink);
  }

  /** Copies of the series that somebody streams. */
  List<Series> collect(StepGrid grid, Consumer<SeriesSink> source) {
    List<Series> series = new ArrayList<>();
    source.accept(
        given -> {
          context.budget().addBytes(given.bytes());
          series.add(given.copy());
        });
    return series;
  }

  List<Series> vector(Expr expr, StepGrid grid) {
    if (eval(expr, grid) instanceof Value.Vector vector) {
      return vector.series();
    }
    throw new IllegalStateException("not a vector: " + expr.type());
  }

  double[] scalar(Expr expr, StepGrid grid) {
    if (eval(expr, grid) instanceof Value.Scalar scalar) {
      return scalar.values();
    }
    throw new IllegalStateException("not a scalar: " + expr.type());
  }

  String text(Expr expr) {
    if (expr.unwrapped() instanceof Expr.StringLiteral literal) {
      return literal.value();
    }
    throw new IllegalStateException("not a string: " + expr.type());
  }

  private Value evalNode(Expr expr, StepGrid grid) {
    if (expr.type() == ValueType.VECTOR && !isListed(expr)) {
      return new Value.Vector(collect(grid, sink -> stream(expr, grid, sink)));
    }
    if (isFixed(expr, grid)) {
      return broadcast(eval(expr, oneStep(grid)), grid.count());
    }
    return switch (expr) {
      case Expr.NumberLiteral number -> constant(number.value(), grid.count());
      case Expr.StringLiteral text -> new Value.Text(text.value());
      case Expr.Paren paren -> eval(paren.inner(), grid);
      case Expr.Positive positive -> eval(positive.operand(), grid);
      case Expr.Negation negation -> negate(scalar(negation.operand(), grid));
      case Expr.Binary binary -> new BinaryOperator(this, binary).scalars(grid);
      case Expr.Call call -> Functions.eval(this, call, grid);
      case Expr.VectorSelector _, Expr.Aggregation _ ->
          throw new IllegalStateException("a vector that does not stream");
      case Expr.MatrixSelector _, Expr.Subquery _ ->
          throw new IllegalStateException("range vector outside of a function");
    };
  }

  /** Whether a vector is a list to begin with, in an order that is not to be lost. */
  private static boolean isListed(Expr expr) {
    return switch (expr) {
      case Expr.Paren paren -> isListed(paren.inner());
      case Expr.Positive positive -> isListed(positive.operand());
      case Expr.Call call ->
          !Functions.streams(call) && !Functions.perSeries(call) && !Functions.reads(call);
      default -> false;
    };
  }

  static Value.Scalar constant(double value, int steps) {
    double[] values = new double[steps];
    Arrays.fill(values, value);
    return new Value.Scalar(values);
  }

  private static Value negate(double[] values) {
    double[] negated = new double[values.length];
    Arrays.setAll(negated, i -> -values[i]);
    return new Value.Scalar(negated);
  }

  private Value broadcast(Value value, int steps) {
    return switch (value) {
      case Value.Text text -> text;
      case Value.Scalar scalar -> constant(scalar.values()[0], steps);
      case Value.Vector vector -> {
        context.budget().addBytes(Series.bytes(steps) * vector.series().size());
        List<Series> wide = new ArrayList<>();
        for (Series series : vector.series()) {
          Series target = new Series(Labels.EMPTY, false, steps);
          target.reset(series.labels(), series.dropsName());
          for (int step = 0; step < steps; step++) {
            target.copy(step, series, 0);
          }
          wide.add(target);
        }
        yield new Value.Vector(wide);
      }
    };
  }
}
