package io.trilith.cli.removal;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.AnswerOptions;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Brings back what retention removed. */
@Command(
    name = "restore",
    description = "Bring blocks back that retention removed; without any, show which can be.",
    footer = {
      "",
      "What a deletion hides comes back by: trilith delete cancel ID",
      RemovalOptions.STATUS
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class RestoreCommand implements Callable<Integer> {
  @Parameters(paramLabel = "BLOCK", arity = "0..*", description = "Ids of blocks.")
  private List<String> blocks = new ArrayList<>();

  @Option(names = "--dry-run", description = "Show which can be restored, and do nothing.")
  private boolean dryRun;

  @Mixin private AnswerOptions answer = new AnswerOptions();
  @Mixin private RemovalOptions server = new RemovalOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(spec, (removals, out, err) -> restore(removals, out));
  }

  private void restore(Removals removals, PrintWriter out) {
    if (dryRun || blocks.isEmpty()) {
      answer.print(removals.restorable(), out, data -> show(data, out));
      return;
    }
    String restored = removals.restore(blocks);
    answer.print(restored, out, data -> show(data, out));
  }

  private static void show(Api.Node blocks, PrintWriter out) {
    TextTable table =
        new TextTable(List.of("block", "signal", "from", "to", "bytes", "until", "reason"));
    for (Api.Node block : blocks.list()) {
      table.row(
          List.of(
              block.at("block").text(),
              block.at("signal").text(),
              block.at("from").text(),
              block.at("to").text(),
              block.at("bytes").text(),
              block.at("until").text(),
              block.at("reason").text()));
    }
    table.print(out);
  }
}
