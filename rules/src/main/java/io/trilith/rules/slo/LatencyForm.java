package io.trilith.rules.slo;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.rules.Language;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.file.YamlFields;
import io.trilith.storage.text.FloatText;
import io.trilith.storage.text.Lengths;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads {@code latency: WHAT < TIME}. In PromQL WHAT is a histogram, in TraceQL a selection of
 * spans, in LogQL a selection of lines whose last stage is {@code | LABEL}.
 */
final class LatencyForm {
  private static final Pattern FORM =
      Pattern.compile("(.+?)\\s*<\\s*([0-9.]+(?:ns|us|µs|ms|s|m|h))\\s*", Pattern.DOTALL);
  private static final Pattern SELECTOR =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(?:\\{(.*)})?\\s*", Pattern.DOTALL);
  private static final Pattern STAGE =
      Pattern.compile("(.+)\\|\\s*([a-zA-Z_][a-zA-Z0-9_]*)\\s*", Pattern.DOTALL);
  private static final double NANOS = 1e9;

  private final SloFields read;

  LatencyForm(SloFields read) {
    this.read = read;
  }

  @Nullable Sli read(YamlFields fields, Language language, long step) {
    String text = fields.text("latency");
    Node place = fields.get("latency");
    Matcher form = FORM.matcher(text);
    OptionalDouble seconds = form.matches() ? seconds(form.group(2)) : OptionalDouble.empty();
    if (seconds.isEmpty()) {
      read.add(place, "latency", "\"" + text + "\" must be WHAT < TIME, as {…} < 300ms");
      return null;
    }
    String histogram = fields.text("histogram");
    if (!histogram.isEmpty() && language != Language.PROMQL) {
      read.add(fields.get("histogram"), "histogram", "is only for language promql");
    }
    String what = form.group(1);
    String limit = form.group(2);
    return switch (language) {
      case PROMQL -> promql(place, what, seconds.getAsDouble(), fields, step);
      case LOGQL -> logql(place, what, limit, step);
      case TRACEQL -> traceql(place, what, limit, step);
    };
  }

  private static OptionalDouble seconds(String text) {
    try {
      return OptionalDouble.of(Lengths.goNanos(text) / NANOS);
    } catch (Lengths.Malformed e) {
      return OptionalDouble.empty();
    }
  }

  private @Nullable Sli promql(
      @Nullable Node place, String what, double seconds, YamlFields fields, long step) {
    Matcher selector = SELECTOR.matcher(what);
    if (!selector.matches()) {
      read.add(
          place,
          "latency",
          "\"" + what + "\" must be a histogram, as http_request_duration_seconds{job=\"a\"}");
      return null;
    }
    String name = selector.group(1);
    String inside = selector.group(2);
    String matchers = inside == null ? "" : inside.strip();
    String limit = FloatText.plain(seconds);
    return switch (fields.text("histogram")) {
      case "", "classic" -> {
        String joint = matchers.isEmpty() || matchers.endsWith(",") ? "" : ",";
        // Whole numbers are written with and without a point.
        String le =
            limit.contains(".") ? "le=\"" + limit + "\"" : "le=~\"" + limit + "|" + limit + ".0\"";
        yield sli(
            place,
            Language.PROMQL,
            name + "_bucket{" + matchers + joint + le + "}",
            null,
            name + "_count{" + matchers + "}",
            step);
      }
      case "native" -> {
        String window = "sum(rate(" + name + "{" + matchers + "}[{{.window}}]))";
        yield sli(
            place,
            Language.PROMQL,
            "histogram_fraction(0, "
                + limit
                + ", "
                + window
                + ") * histogram_count("
                + window
                + ")",
            null,
            "histogram_count(" + window + ")",
            step);
      }
      default -> {
        read.add(
            fields.get("histogram"),
            "histogram",
            "'" + fields.text("histogram") + "' must be classic or native");
        yield null;
      }
    };
  }

  private @Nullable Sli logql(@Nullable Node place, String what, String limit, long step) {
    Matcher stage = STAGE.matcher(what);
    if (!stage.matches()) {
      read.add(
          place, "latency", "\"" + what + "\" must end in | LABEL, as {app=\"a\"} | logfmt | took");
      return null;
    }
    String bad = what + " >= " + limit;
    return sli(
        place, Language.LOGQL, null, bad, stage.group(1) + "| " + stage.group(2) + " >= 0s", step);
  }

  private @Nullable Sli traceql(@Nullable Node place, String what, String limit, long step) {
    return sli(
        place, Language.TRACEQL, null, what + " | { duration >= " + limit + " }", what, step);
  }

  private @Nullable Sli sli(
      @Nullable Node place,
      Language language,
      @Nullable String good,
      @Nullable String bad,
      String total,
      long step) {
    String part = good == null ? String.valueOf(bad) : good;
    CountedExpressions.Of of = CountedExpressions.Of.EITHER;
    RuleQuery counted = read.events(place, "latency", part, language, of, step);
    RuleQuery all =
        counted == null ? null : read.events(place, "latency", total, language, of, step);
    if (counted == null || all == null) {
      return null;
    }
    return good == null
        ? new Sli.Events(language, null, counted, all)
        : new Sli.Events(language, counted, null, all);
  }
}
