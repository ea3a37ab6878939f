package io.trilith.cli.rules;

import io.trilith.cli.options.TimeArgument;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.slo.Slo;
import io.trilith.rules.slo.SloRules;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what a server makes of SLOs. */
@Command(
    name = "plan",
    description = "Show the rules that follow from SLOs, and what is counted for them, as YAML.",
    footer = {
      "",
      "Groups trilith-slo-events-… are what is counted at each whole minute, and not evaluated as"
          + " groups: their",
      "series have the labels slo_revision and, of calendar windows, slo_period besides.",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      "Status: 0 fine, 1 a file is wrong, 2 a wrong call."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SloPlanCommand implements Callable<Integer> {
  @Mixin private SloFiles files = new SloFiles();

  @Option(
      names = "--at",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "Of calendar windows, when: rules name the period. Default: ${DEFAULT-VALUE}")
  private String at = "now";

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    long time = TimeArgument.parse(at, InstantSource.system()).toEpochMilli();
    List<Slo> slos = new ArrayList<>();
    boolean good = files.read(err, (_, content) -> slos.addAll(content.slos()));
    if (good) {
      SloRules rules = new SloRules(new QueryLanguages(RulesCheckCommand.DEPTH_MAX));
      out.print(rules.yaml(slos, time));
    }
    out.flush();
    err.flush();
    return good ? 0 : 1;
  }
}
