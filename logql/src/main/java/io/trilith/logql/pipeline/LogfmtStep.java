package io.trilith.logql.pipeline;

import io.trilith.logql.ast.Stage;
import io.trilith.storage.error.InvalidRequestException;
import java.util.Arrays;
import java.util.List;

/** {@code | logfmt} with and without names. */
final class LogfmtStep implements Step {
  private static final String ERROR = "LogfmtParserErr";

  private final LogfmtText pairs = new LogfmtText();
  private final boolean strict;
  private final boolean keepEmpty;
  private final List<Stage.Extraction> extractions;
  private final String[] found;
  private final LabelSink sink;
  private final ShapePlans plans;

  LogfmtStep(Stage.Logfmt stage, Needed needed) {
    this.strict = stage.strict();
    this.keepEmpty = stage.keepEmpty();
    this.extractions = stage.extractions();
    this.found = new String[extractions.size()];
    this.sink = new LabelSink(needed);
    this.plans = new ShapePlans(shape -> LogfmtShape.plan(shape, new Wish(needed)));
    for (Stage.Extraction extraction : extractions) {
      String source = extraction.source();
      if (source.isEmpty() || !LabelSink.sanitize(source, true).equals(source)) {
        throw new InvalidRequestException(
            "parse error : cannot parse expression [" + source + "]: not a logfmt field name");
      }
    }
  }

  @Override
  public boolean process(Entry entry) {
    sink.begin(entry.labels());
    ShapePlan plan = plans.of(entry);
    if (plan != null) {
      follow(plan, entry.row());
      return true;
    }
    pairs.reset(entry.array(), entry.start(), entry.end());
    if (extractions.isEmpty()) {
      all();
    } else {
      named();
    }
    return true;
  }

  /** What this step takes of the pairs. */
  private final class Wish implements LogfmtShape.Wish {
    private final Needed needed;

    Wish(Needed needed) {
      this.needed = needed;
    }

    @Override
    public boolean takes(String key) {
      return extractions.isEmpty()
          ? !key.isEmpty() && needed.mayHave(key)
          : extractions.stream().anyMatch(extraction -> extraction.source().equals(key));
    }

    @Override
    public boolean keepsEmpty() {
      return keepEmpty || !extractions.isEmpty();
    }
  }

  private void follow(ShapePlan plan, int row) {
    if (extractions.isEmpty()) {
      sink.follow(plan, row);
      return;
    }
    Arrays.fill(found, "");
    for (int i = 0; i < plan.size(); i++) {
      found(plan.key(i), String.valueOf(plan.value(i, row)));
    }
    putFound();
  }

  private void found(String key, String value) {
    for (int i = 0; i < found.length; i++) {
      if (extractions.get(i).source().equals(key)) {
        found[i] = value;
      }
    }
  }

  private void putFound() {
    for (int i = 0; i < found.length; i++) {
      sink.replace(extractions.get(i).label(), found[i]);
    }
  }

  private void all() {
    while (!sink.done() && pairs.next()) {
      String problem = pairs.problem();
      if (problem != null) {
        if (strict) {
          sink.fail(ERROR, problem);
          return;
        }
        continue;
      }
      if (pairs.valueIsEmpty() && !keepEmpty) {
        continue;
      }
      String name = sink.wanted(pairs.name());
      if (!name.isEmpty()) {
        sink.put(name, pairs.value());
      }
    }
  }

  private void named() {
    Arrays.fill(found, "");
    while (pairs.next()) {
      String problem = pairs.problem();
      if (problem != null) {
        if (strict) {
          sink.fail(ERROR, problem);
          break;
        }
        continue;
      }
      found(pairs.name(), pairs.value());
    }
    putFound();
  }
}
