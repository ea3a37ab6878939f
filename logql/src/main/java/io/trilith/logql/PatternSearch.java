package io.trilith.logql;

import io.trilith.engine.QueryContext;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.pipeline.Entry;
import io.trilith.logql.pipeline.Pipeline;
import io.trilith.logql.pipeline.ScanPlan;
import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LineShape;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamReader;
import io.trilith.logstore.StreamSet;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds patterns by the shapes the store knows, and by reading lines without. Thread-safe. */
public final class PatternSearch implements PatternSource {
  private static final String LEVEL = "detected_level";
  private static final int CHECK_EVERY = 1024;

  @Override
  public List<Pattern> patterns(
      Expr.Logs logs, long start, long end, long step, StreamReader reader, QueryContext context) {
    if (end <= start) {
      return List.of();
    }
    LineShapes shapes = new LineShapes();
    Pipeline pipeline = Pipeline.compile(logs.stages());
    ScanPlan plan = ScanPlan.of(logs.stages());
    ScanCounts counts = new ScanCounts(context::check);
    Entry entry = new Entry();
    StreamSet streams = reader.select(logs.matchers(), start, end - 1, context.budget()::addBytes);
    context.budget().addSeries(streams.size());
    int unchecked = 0;
    for (int i = 0; i < streams.size(); i++) {
      context.check();
      Labels labels = streams.labels(i);
      Optional<Scan> scan = plan.scan(labels, counts);
      if (scan.isEmpty()) {
        continue;
      }
      EntryCursor cursor = streams.entries(i, start, end - 1, Direction.FORWARD, scan.get());
      while (cursor.next()) {
        if (++unchecked >= CHECK_EVERY) {
          context.check();
          context.budget().addSamples(unchecked);
          unchecked = 0;
        }
        entry.reset(labels, cursor);
        if (pipeline.process(entry)) {
          String level = entry.labels().valueOrEmpty(LEVEL);
          long time = Math.floorDiv(entry.time(), step) * step;
          LineShape shape = entry.shape();
          if (shape != null) {
            shapes.add(level, shape, entry.row(), time);
          } else {
            shapes.add(level, entry.text(), time);
          }
        }
      }
    }
    List<Pattern> patterns = new ArrayList<>();
    for (LineShapes.Shape shape : shapes.shapes()) {
      if (shape.parts.length == 0) {
        continue; // no filter finds empty lines
      }
      patterns.add(new Pattern(shape.text(), shape.level, shape.counts));
    }
    return patterns;
  }
}
