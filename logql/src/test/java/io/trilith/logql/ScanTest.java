package io.trilith.logql;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.engine.QueryContext;
import io.trilith.engine.QueryWorkers;
import io.trilith.logql.LogqlEngine.LogOptions;
import io.trilith.logql.LogqlEngine.SeriesLimit;
import io.trilith.logql.ast.Expr;
import io.trilith.logql.parser.QueryParser;
import io.trilith.logql.pipeline.ScanPlan;
import io.trilith.logstore.Scan;
import io.trilith.logstore.Scan.AnyOf;
import io.trilith.logstore.Scan.Term;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.StreamSet.Direction;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** What is told to the store before it reads: it may leave out nothing that the pipeline keeps. */
class ScanTest {
  private static final long SECOND = 1_000_000_000L;

  private final QueryParser parser = new QueryParser(250);

  private String terms(String query, Labels stream) {
    Optional<Scan> scan =
        ScanPlan.of(parser.parseLogs(query).stages()).scan(stream, new ScanCounts());
    if (scan.isEmpty()) {
      return "nothing";
    }
    List<String> clauses = new ArrayList<>();
    for (AnyOf clause : scan.get().clauses()) {
      clauses.add(String.join(" or ", clause.terms().stream().map(ScanTest::shown).toList()));
    }
    return String.join(" and ", clauses);
  }

  private static String shown(Term term) {
    return switch (term) {
      case Term.LineHas(byte[] bytes) -> "'" + new String(bytes, StandardCharsets.UTF_8) + "'";
      case Term.LineHasAnyCase(byte[] bytes) ->
          "~'" + new String(bytes, StandardCharsets.UTF_8) + "'";
      case Term.MetadataIs(String name, String value) -> name + "=" + value;
    };
  }

  private String terms(String pipeline) {
    return terms("{app=\"a\"}" + pipeline, Labels.of("app", "a"));
  }

  @Test
  void aTextInEitherCaseIsLookedForByItsLettersWithoutThoseThatHaveThreeForms() {
    assertThat(terms(" |~ `(?i)OutOfMemory`")).isEqualTo("~'outofmemory'");
    assertThat(terms(" |~ `(?i)task failed`")).isEqualTo("~' failed'");
    assertThat(terms(" |~ `[eE]rror: x+`")).isEqualTo("'rror: x'");
    assertThat(terms(" |~ `(?i)ab|cd`")).contains("'Ab'");
  }

  @Test
  void lineFiltersTellTheirLiterals() {
    assertThat(terms(" |= \"a\" |= \"b\" or \"c\" != \"d\"")).isEqualTo("'a' and 'b' or 'c'");
    assertThat(terms(" |~ \"err(or)?: .* in [0-9]+ms\"")).contains("'err'").contains("' in '");
    assertThat(terms(" |~ \"(?i)x\"")).isEqualTo("'X' or 'x'");
    assertThat(terms(" |~ \"a|.*\"")).isEmpty();
    assertThat(terms(" |> \"<_> at <_>:\"")).isEqualTo("' at ' and ':'");
    assertThat(terms(" |= \"\" |= ip(\"1.2.3.4\")")).isEmpty();
  }

  @Test
  void filtersBehindParsersLookAtTheStoredLineAndThoseBehindFormatsDoNot() {
    assertThat(terms(" | json | logfmt |= \"a\"")).isEqualTo("'a'");
    assertThat(terms(" | json | x=\"1\" |= \"a\"")).isEqualTo("'a'");
    assertThat(terms(" | line_format \"{{.x}}\" |= \"a\"")).isEmpty();
    assertThat(terms(" | unpack |= \"a\"")).isEmpty();
  }

  @Test
  void labelFiltersTellMetadataUnlessAnotherLabelMayBeMeant() {
    assertThat(terms(" | trace_id=\"4b\"")).isEqualTo("trace_id=4b");
    assertThat(terms(" | t=~\"a|b\"")).isEqualTo("t=a or t=b");
    assertThat(terms(" | t=~\"a.*\"")).isEmpty();
    assertThat(terms(" | t=\"\"")).isEmpty();
    assertThat(terms(" | t=\"a\" or u=\"b\" and v=\"c\"")).isEqualTo("t=a or u=b and t=a or v=c");
    assertThat(terms(" | t=\"a\" or u>1")).isEmpty();
    assertThat(terms(" | json | t=\"a\"")).isEmpty();
    assertThat(terms(" | json x | t=\"a\"")).isEqualTo("t=a");
    assertThat(terms(" | json t | t=\"a\"")).isEmpty();
    assertThat(terms(" | label_format t=x | t=\"a\"")).isEmpty();
    assertThat(terms(" | app=\"b\"")).isEmpty();
    assertThat(terms(" | app_extracted=\"b\"")).isEmpty();
    assertThat(terms(" | __error__=\"b\"")).isEmpty();
  }

  @Test
  void whatGrafanaWritesToFindATracesLinesIsUnderstood() {
    assertThat(
            terms(
                " | label_format log_line_contains_trace_id=`{{ contains \"4bf9\" __line__ }}` |"
                    + " log_line_contains_trace_id=\"true\" OR trace_id=\"4bf9\""))
        .isEqualTo("'4bf9' or trace_id=4bf9");
  }

  @Test
  void noScanLeavesOutWhatAPipelineKeeps() {
    SplittableRandom random = Seeds.random("ScanTest");
    RandomLogs logs = new RandomLogs(random);
    int compared = 0;
    for (int i = 0; i < Seeds.iterations(3000); i++) {
      String query = "{app=~\".+\"}" + logs.pipeline(5);
      Expr.Logs expr;
      try {
        expr = parser.parseLogs(query);
      } catch (InvalidRequestException notAQuery) {
        continue;
      }
      MemoryStreams streams = logs.streams(20, SECOND);
      LogOptions options = new LogOptions(0, 61 * SECOND, Direction.FORWARD, 1000, 0, true);
      LogqlEngine engine = new LogqlEngine(250, 500);
      streams.heeding = false;
      Object all = engine.logs(expr, options, streams, QueryContext.unlimited()).result();
      streams.heeding = true;
      Object hinted = engine.logs(expr, options, streams, QueryContext.unlimited()).result();
      assertThat(hinted).as(query).isEqualTo(all);
      compared++;
    }
    assertThat(compared).isPositive();
  }

  private static Object outcome(
      LogqlEngine engine, Expr.Metric metric, long step, MemoryStreams streams) {
    try {
      LogqlResult result =
          engine.range(metric, 0, 60 * SECOND, step, streams, QueryContext.unlimited()).result();
      List<String> shown = new ArrayList<>();
      ((LogqlResult.RangeMatrix) result)
          .series()
          .forEach(
              one -> {
                StringBuilder points = new StringBuilder(one.labels().toString());
                for (int i = 0; i < one.values().length; i++) {
                  points.append(' ').append(one.has(i) ? "" + one.values()[i] : "-");
                }
                shown.add(points.toString());
              });
      return shown;
    } catch (InvalidRequestException e) {
      return "failed";
    }
  }

  /** Scans, counts, threads and cuts change nothing but the time it takes. */
  @Test
  void metricQueriesAreTheSameHoweverTheyAreRead() {
    SplittableRandom random = Seeds.random("ScanTest.metrics");
    RandomLogs logs = new RandomLogs(random);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      LogqlEngine plain = new LogqlEngine(250, 500);
      LogqlEngine helped =
          new LogqlEngine(250, new SeriesLimit(500, true), new QueryWorkers(threads, 3, 0));
      String[] functions = {"count_over_time", "rate", "bytes_over_time", "absent_over_time"};
      String[] sums = {
        "", "sum", "sum by (app)", "sum by (level, app)", "sum without (user)", "max by (app)"
      };
      for (int i = 0; i < Seeds.iterations(500); i++) {
        String function = functions[random.nextInt(functions.length)];
        String sum = sums[random.nextInt(sums.length)];
        String pipeline = random.nextBoolean() ? " | drop __error__" : logs.pipeline(3);
        String query =
            sum
                + "("
                + function
                + "({app=~\".+\"}"
                + pipeline
                + " ["
                + (1 + random.nextInt(40))
                + "s] offset "
                + random.nextInt(5)
                + "s))";
        Expr.Metric metric;
        try {
          metric = (Expr.Metric) parser.parse(query);
        } catch (InvalidRequestException notAQuery) {
          continue;
        }
        MemoryStreams streams = logs.streams(60, SECOND);
        long step = (1 + random.nextLong(30)) * SECOND;
        streams.heeding = false;
        streams.chunks = 0;
        Object expected = outcome(plain, metric, step, streams);
        streams.heeding = true;
        streams.chunks = random.nextLong(4000);
        assertThat(outcome(helped, metric, step, streams)).as(query).isEqualTo(expected);
      }
    }
  }

  @Test
  void logQueriesAreTheSameHoweverTheirRangeIsCut() {
    SplittableRandom random = Seeds.random("ScanTest.windows");
    RandomLogs logs = new RandomLogs(random);
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      LogqlEngine plain = new LogqlEngine(250, 500);
      LogqlEngine helped =
          new LogqlEngine(250, new SeriesLimit(500, true), new QueryWorkers(threads, 3, 0));
      for (int i = 0; i < Seeds.iterations(300); i++) {
        Expr.Logs expr = parser.parseLogs("{app=~\".+\"} |~ \"" + (i % 2 == 0 ? "r" : ".") + "\"");
        MemoryStreams streams = logs.streams(100, SECOND);
        for (Direction direction : Direction.values()) {
          long interval = random.nextInt(3) == 0 ? SECOND * random.nextLong(10) : 0;
          LogOptions options =
              new LogOptions(
                  SECOND * random.nextLong(10),
                  SECOND * (50 + random.nextLong(20)),
                  direction,
                  1 + random.nextInt(60),
                  interval,
                  random.nextBoolean());
          streams.chunks = 0;
          LogqlResult expected =
              plain.logs(expr, options, streams, QueryContext.unlimited()).result();
          streams.chunks = 1000 + random.nextLong(100_000);
          LogqlResult actual =
              helped.logs(expr, options, streams, QueryContext.unlimited()).result();
          assertThat(actual).isEqualTo(expected);
        }
      }
    }
  }
}
