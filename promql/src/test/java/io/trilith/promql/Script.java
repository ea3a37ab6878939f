package io.trilith.promql;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.promql.parser.Literals;
import io.trilith.promql.parser.SeriesNotation;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A script in the language of Prometheus's tests: loads and evaluations. */
final class Script {
  private static final Pattern INSTANT =
      Pattern.compile(
          "^eval(?:_(fail|warn|ordered|info))?\\s+instant\\s+(?:at\\s+(\\S+))?\\s+(.+)$");
  private static final Pattern RANGE =
      Pattern.compile(
          "^eval(?:_(fail|warn|info))?\\s+range\\s+from\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+)\\s+(.+)$");
  private static final Pattern EXPECT =
      Pattern.compile(
          "^expect\\s+(ordered|fail|warn|no_warn|info|no_info)(?:\\s+(regex|msg):(.+))?$");
  private static final Pattern EXPECT_RANGE =
      Pattern.compile("^expect range vector\\s+from\\s+(\\S+)\\s+to\\s+(\\S+)\\s+step\\s+(\\S+)$");

  private Script() {}

  /** Part of a script. */
  sealed interface Command permits Clear, Load, Eval {}

  record Clear() implements Command {}

  record Load(Map<Labels, List<TimedValue>> series) implements Command {}

  /** A value at a time; null where none is. */
  record TimedValue(long time, SeriesNotation.Point point, long start) {}

  /** What is expected of messages: mode is "", msg or regex. */
  record Expectation(String mode, String text) {}

  /** An evaluation and what it should give. */
  static final class Eval implements Command {
    final int line;
    final String query;
    boolean range;
    boolean rangeVector;
    boolean ordered;
    long start;
    long end;
    long step;
    @Nullable Double scalar;
    @Nullable String text;
    final Map<String, List<Expectation>> expects = new LinkedHashMap<>();
    final Map<Labels, List<SeriesNotation.@Nullable Point>> series = new LinkedHashMap<>();

    Eval(int line, String query) {
      this.line = line;
      this.query = query;
    }
  }

  static List<Command> parse(String source) {
    List<String> lines = new ArrayList<>();
    for (String raw : source.split("\n", -1)) {
      String line = raw.strip();
      lines.add(line.startsWith("#") ? "" : line);
    }
    List<Command> commands = new ArrayList<>();
    int at = 0;
    while (at < lines.size()) {
      String line = lines.get(at);
      int end = at + 1;
      boolean hasBody = line.startsWith("load") || line.startsWith("eval");
      while (hasBody && end < lines.size() && !lines.get(end).isEmpty()) {
        end++;
      }
      List<String> body = lines.subList(Math.min(at + 1, lines.size()), end);
      if (line.equals("clear")) {
        commands.add(new Clear());
      } else if (line.startsWith("load")) {
        commands.add(load(line, body));
      } else if (line.startsWith("eval")) {
        commands.add(eval(line, body, at + 1));
      } else if (!line.isEmpty()) {
        throw new IllegalArgumentException("line " + (at + 1) + ": " + line);
      }
      at = end;
    }
    return commands;
  }

  private static Load load(String line, List<String> body) {
    String[] words = line.split("\\s+");
    long step = Literals.durationMillis(words[1]);
    Map<Labels, List<TimedValue>> series = new LinkedHashMap<>();
    List<@Nullable Long> starts = List.of();
    for (String row : body) {
      String[] head = row.split("\\s+", 2);
      if (head[0].endsWith("@st")) {
        starts = ScriptValues.starts(head[1]);
        continue;
      }
      SeriesNotation.Row parsed = SeriesNotation.row(row);
      List<TimedValue> values = new ArrayList<>();
      for (int i = 0; i < parsed.points().size(); i++) {
        SeriesNotation.Point point = parsed.points().get(i);
        Long start = i < starts.size() ? starts.get(i) : null;
        if (point != null) {
          values.add(new TimedValue(i * step, point, start == null ? 0 : i * step + start));
        }
      }
      starts = List.of();
      series.put(parsed.labels(), values);
    }
    if (words[0].equals("load_with_nhcb")) {
      ScriptValues.addCustomHistograms(series);
    }
    return new Load(series);
  }

  private static Eval eval(String line, List<String> body, int number) {
    Matcher instant = INSTANT.matcher(line);
    Matcher range = RANGE.matcher(line);
    Eval eval;
    String modifier;
    if (range.matches()) {
      eval = new Eval(number, range.group(5));
      eval.range = true;
      eval.start = Literals.durationMillis(range.group(2));
      eval.end = Literals.durationMillis(range.group(3));
      eval.step = Literals.durationMillis(range.group(4));
      modifier = range.group(1);
    } else if (instant.matches()) {
      eval = new Eval(number, instant.group(3));
      eval.start = Literals.durationMillis(instant.group(2));
      eval.end = eval.start;
      eval.step = 1;
      modifier = instant.group(1);
    } else {
      throw new IllegalArgumentException("line " + number + ": " + line);
    }
    if (modifier != null) {
      eval.ordered |= modifier.equals("ordered");
      eval.expects.put(modifier, new ArrayList<>());
    }
    for (String row : body) {
      expectation(eval, row);
    }
    return eval;
  }

  private static void expectation(Eval eval, String row) {
    Matcher range = EXPECT_RANGE.matcher(row);
    Matcher expect = EXPECT.matcher(row);
    if (range.matches()) {
      eval.rangeVector = true;
      eval.start = Literals.durationMillis(range.group(1));
      eval.end = Literals.durationMillis(range.group(2));
      eval.step = Literals.durationMillis(range.group(3));
    } else if (row.startsWith("expect string")) {
      eval.text = Literals.unquote(row.substring("expect string".length()).strip());
    } else if (row.startsWith("expected_fail_message")) {
      fails(eval, "msg", row.substring("expected_fail_message".length()).strip());
    } else if (row.startsWith("expected_fail_regexp")) {
      fails(eval, "regex", row.substring("expected_fail_regexp".length()).strip());
    } else if (expect.matches()) {
      List<Expectation> list =
          eval.expects.computeIfAbsent(expect.group(1), key -> new ArrayList<>());
      if (expect.group(2) != null) {
        list.add(new Expectation(expect.group(2), expect.group(3).strip()));
      }
      eval.ordered |= expect.group(1).equals("ordered");
    } else {
      value(eval, row);
    }
  }

  private static void fails(Eval eval, String mode, String text) {
    eval.expects.computeIfAbsent("fail", key -> new ArrayList<>()).add(new Expectation(mode, text));
  }

  private static void value(Eval eval, String row) {
    String lower = row.toLowerCase(Locale.ROOT);
    boolean number = lower.matches("[+-]?(inf|nan|[0-9.][0-9a-fx_.e+-]*)");
    if (number) {
      eval.scalar = Literals.number(row);
      return;
    }
    SeriesNotation.Row parsed = SeriesNotation.row(row);
    eval.series.put(parsed.labels(), parsed.points());
  }
}
