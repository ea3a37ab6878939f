package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.client.CredentialOptions;
import io.trilith.query.json.JsonWriter;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.FileGlobs;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.rules.lint.Check;
import io.trilith.rules.lint.Finding;
import io.trilith.rules.lint.LiveIndex;
import io.trilith.rules.lint.RuleLint;
import io.trilith.storage.text.Lengths;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what of rules a server takes and nobody wants. */
@Command(
    name = "lint",
    description =
        "Find what is legal in rules and surely not meant, alone or against a server's data.",
    footer = {
      "",
      "Checks: rate-window, counter-without-rate, template-label, short-for, needless-regex,"
          + " duplicate-rule,",
      "cardinality-budget (the annotation cardinality_budget of a rule, a number of series); with"
          + " --server also",
      "series-missing, label-missing, cost, and the budgets against the series there are.",
      "Status: 0 nothing found, 1 something found, 2 a wrong call, or the server cannot be asked."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesLintCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Rule files, with * in names.")
  private List<String> files = new ArrayList<>();

  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "",
      description = "A server whose data the rules are compared with.")
  private String server = "";

  @Option(
      names = "--tenant",
      paramLabel = "ID",
      defaultValue = "${env:TRILITH_TENANT:-}",
      description = "The tenant of a server that has several; or TRILITH_TENANT.")
  private String tenant = "";

  @Option(
      names = "--only",
      paramLabel = "CHECKS",
      defaultValue = "",
      description = "These checks and no other, with commas between.")
  private String only = "";

  @Option(
      names = "--interval",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description = "How often groups are evaluated that do not say. Default: ${DEFAULT-VALUE}")
  private String interval = "";

  @Option(
      names = "--scrape-interval",
      paramLabel = "DURATION",
      defaultValue = "",
      description = "How far samples lie from each other. Default: as the server has them, or 1m")
  private String scrapeInterval = "";

  @Option(
      names = "--require-budget",
      description = "Each alerting rule must have an annotation cardinality_budget.")
  private boolean budgetRequired;

  @Option(
      names = "--max",
      paramLabel = "N",
      defaultValue = "80000",
      description = "The greatest budget. Default: ${DEFAULT-VALUE}")
  private long budgetMax;

  @Option(
      names = "--cost-max",
      paramLabel = "N",
      defaultValue = "0",
      description = "Series one rule may read; 0 for any number. Default: ${DEFAULT-VALUE}")
  private long costMax;

  @Option(
      names = "--since",
      paramLabel = "DURATION",
      defaultValue = "1d",
      description =
          "How old a series' last sample may be for it to be there. Default: ${DEFAULT-VALUE}")
  private String since = "";

  @Option(
      names = "--active",
      paramLabel = "DURATION",
      defaultValue = "20m",
      description = "How old it may be for the series to be counted. Default: ${DEFAULT-VALUE}")
  private String active = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "text",
      description = "text or json. Default: ${DEFAULT-VALUE}")
  private Output output = Output.TEXT;

  @Mixin private CredentialOptions credential = new CredentialOptions();

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Spec private @Nullable CommandSpec spec;

  /** The forms. */
  enum Output {
    TEXT,
    JSON
  }

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    RuleLint.Settings settings = settings(spec);
    Duration known = Duration.ofMillis(millis(spec, "--since", since));
    long _ = millis(spec, "--active", active);
    List<RuleLint.Source> sources = new ArrayList<>();
    boolean read = read(sources, err);
    try (Api api = new Api(server.isEmpty() ? "http://127.0.0.1" : server, tenant, credential)) {
      LiveIndex index =
          server.isEmpty() ? null : new ServerIndex(api, known, active, InstantSource.system());
      RuleLint.Report report = new RuleLint(settings, index).lint(sources);
      if (output == Output.JSON) {
        out.println(json(report));
      } else {
        tell(report, sources, out);
      }
      return read && report.findings().isEmpty() ? 0 : 1;
    } catch (ApiException e) {
      err.println("trilith: " + e.getMessage());
      return 2;
    } finally {
      out.flush();
      err.flush();
    }
  }

  private RuleLint.Settings settings(CommandSpec command) {
    Set<Check> checks = EnumSet.allOf(Check.class);
    if (!only.isEmpty()) {
      checks.clear();
      for (String text : only.split(",", -1)) {
        checks.add(
            Check.of(text)
                .orElseThrow(
                    () ->
                        new ParameterException(
                            command.commandLine(),
                            "--only: '" + text + "' is no check; there are " + allChecks())));
      }
    }
    OptionalLong scrape =
        scrapeInterval.isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(millis(command, "--scrape-interval", scrapeInterval));
    return new RuleLint.Settings(
        checks,
        millis(command, "--interval", interval),
        scrape,
        budgetRequired,
        budgetMax,
        costMax);
  }

  private static String allChecks() {
    return Arrays.stream(Check.values()).map(Check::text).collect(Collectors.joining(", "));
  }

  private static long millis(CommandSpec command, String option, String text) {
    try {
      long millis = Lengths.prometheusMillis(text);
      if (millis > 0) {
        return millis;
      }
    } catch (Lengths.Malformed e) {
      throw new ParameterException(
          command.commandLine(), option + " is '" + text + "'; write 30s, 5m or 1h30m", e);
    }
    throw new ParameterException(command.commandLine(), option + " must be longer than 0");
  }

  /** Reads the files; whether all are there and right. What is wrong is told. */
  private boolean read(List<RuleLint.Source> into, PrintWriter err) throws IOException {
    RuleFileReader reader = new RuleFileReader(new QueryLanguages(RulesCheckCommand.DEPTH_MAX));
    boolean good = true;
    for (String pattern : files) {
      List<Path> found = FileGlobs.find(pattern);
      if (found.isEmpty()) {
        err.println(pattern + ": no such file");
        good = false;
      }
      for (Path file : found) {
        try {
          RuleFileReader.Content content =
              reader.loaded(file.toString(), Files.readString(file), ruler.language());
          for (Problem problem : content.problems()) {
            err.println(problem);
          }
          good &= content.problems().isEmpty();
          for (RuleGroup group : content.groups()) {
            into.add(new RuleLint.Source(file.toString(), group));
          }
        } catch (IOException e) {
          err.println(file + ": no such file, or it cannot be read: " + e);
          good = false;
        }
      }
    }
    return good;
  }

  private static void tell(RuleLint.Report report, List<RuleLint.Source> sources, PrintWriter out) {
    report.findings().forEach(out::println);
    int rules = sources.stream().mapToInt(source -> source.group().rules().size()).sum();
    StringBuilder sum = new StringBuilder();
    sum.append(rules).append(" rules, ").append(report.findings().size()).append(" findings");
    if (!report.costs().isEmpty()) {
      long series = report.costs().stream().mapToLong(RuleLint.Cost::series).sum();
      sum.append(", ").append(series).append(" series are read at each evaluation");
    }
    out.println(sum);
  }

  private static String json(RuleLint.Report report) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("findings").beginArray();
    for (Finding finding : report.findings()) {
      json.beginObject().name("file").value(finding.file()).name("line").value(finding.line());
      json.name("group").value(finding.group()).name("number").value(finding.number());
      json.name("rule").value(finding.rule()).name("check").value(finding.check().text());
      json.name("reason").value(finding.reason()).name("details").beginObject();
      for (Map.Entry<String, String> detail : finding.details().entrySet()) {
        json.name(detail.getKey()).value(detail.getValue());
      }
      json.endObject().endObject();
    }
    json.endArray().name("costs").beginArray();
    for (RuleLint.Cost cost : report.costs()) {
      json.beginObject().name("file").value(cost.file()).name("group").value(cost.group());
      json.name("number").value(cost.number()).name("rule").value(cost.rule());
      json.name("series").value(cost.series()).endObject();
    }
    json.endArray().endObject();
    json.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
