package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.options.TimeArgument;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.Rule;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleQuery;
import io.trilith.rules.RuleSample;
import io.trilith.rules.eval.Alert;
import io.trilith.rules.eval.MemorySeries;
import io.trilith.rules.eval.SteppedGroup;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.storage.model.Labels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what the rules of a file would come to over a server's data. */
@Command(
    name = "eval",
    description = "Show what rules would record, and which alerts would be true, at a time.",
    footer = {
      "",
      "Rules see what the server has stored, not what the rules before them would record. 'for' is"
          + " not waited for.",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      ServerOptions.STATUS
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesEvalCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A rule file.")
  private Path file = Path.of("");

  @Option(
      names = "--at",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "When they are evaluated. Default: ${DEFAULT-VALUE}")
  private String at = "now";

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  private final QueryLanguages languages = new QueryLanguages(RulesCheckCommand.DEPTH_MAX);

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, err) -> {
          long time = TimeArgument.parse(at, InstantSource.system()).toEpochMilli();
          RuleFileReader.Content content = ruler.read(file);
          for (RuleGroup group : content.groups()) {
            evaluate(api, group, time, out, err);
          }
        });
  }

  private void evaluate(Api api, RuleGroup group, long time, PrintWriter out, PrintWriter err) {
    SteppedGroup stepped =
        new SteppedGroup(
            group, (query, millis, _) -> ask(api, query, millis), languages, Map.of(), "");
    MemorySeries made = new MemorySeries();
    out.println("group " + group.name());
    try {
      stepped
          .step(time, made)
          .forEach(error -> err.println("trilith: group " + group.name() + ": " + error));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    made.forEach(
        (labels, _, value, histogram) -> {
          if (!labels.get(Labels.NAME).startsWith("ALERTS")) {
            out.println("  " + labels + " " + (histogram == null ? value : "histogram"));
          }
        });
    Set<String> names = new LinkedHashSet<>();
    for (Rule rule : group.rules()) {
      if (rule.alerting() && names.add(rule.name())) {
        stepped.alerts(rule.name()).forEach(alert -> tell(alert, out));
      }
    }
  }

  private static void tell(Alert alert, PrintWriter out) {
    out.println(
        "  "
            + alert.state().name().toLowerCase(Locale.ROOT)
            + " "
            + alert.labels()
            + " value "
            + alert.value());
    alert.annotations().forEach((name, text) -> out.println("      " + name + ": " + text));
  }

  private static List<RuleSample> ask(Api api, RuleQuery query, long millis) {
    Instant time = Instant.ofEpochMilli(millis);
    String seconds =
        time.getEpochSecond()
            + "."
            + String.format(Locale.ROOT, "%03d", time.getNano() / 1_000_000);
    Api.Node data =
        switch (query) {
          case RuleQuery.Promql promql ->
              api.ask("/api/v1/query", "query", promql.text(), "time", seconds).at("data");
          case RuleQuery.Logql logql ->
              api.ask("/loki/api/v1/query", "query", logql.text(), "time", seconds).at("data");
          case RuleQuery.Traceql _ ->
              throw new IllegalArgumentException("rules in TraceQL cannot be looked at this way");
        };
    List<RuleSample> samples = new ArrayList<>();
    switch (data.at("resultType").text()) {
      case "scalar" -> samples.add(new RuleSample(Labels.EMPTY, data.at("result").at(1).number()));
      case "vector" -> {
        for (Api.Node one : data.at("result").list()) {
          samples.add(
              new RuleSample(Labels.of(one.at("metric").texts()), one.at("value").at(1).number()));
        }
      }
      default -> throw new IllegalArgumentException("rule result is not a vector or scalar");
    }
    return samples;
  }
}
