package io.trilith.cli.removal;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.options.AnswerOptions;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the policies of retention take, and having them do it. */
@Command(
    name = "retention",
    description = "Show or do what the policies of retention want removed.",
    subcommands = {
      RetentionCommand.Plan.class,
      RetentionCommand.Run.class,
      RetentionCommand.Undo.class,
      RetentionCommand.History.class,
      HelpCommand.class
    })
public final class RetentionCommand {
  /** Shows it. */
  @Command(
      name = "plan",
      description =
          "Show what goes at the next run, what is hidden, why, and until when it can be restored.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Plan implements Callable<Integer> {
    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) -> answer.print(removals.plan(), out, data -> show(data, out, err)));
    }
  }

  /** Does it. */
  @Command(
      name = "run",
      description = "Remove now what the policies want removed.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Run implements Callable<Integer> {
    @Option(
        names = "--confirm",
        description =
            "Also when the list of policies is a new one that takes over 30 %% of some tenant's"
                + " metrics, logs or traces, or when the clock is not believed.")
    private boolean confirm;

    @Option(names = "--dry-run", description = "Show what would go, and do nothing.")
    private boolean dryRun;

    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(spec, this::run);
    }

    private void run(Removals removals, PrintWriter out, PrintWriter err) {
      if (dryRun) {
        String plan = removals.plan();
        answer.print(plan, out, data -> show(data, out, err));
        return;
      }
      String after = removals.run(confirm);
      String refused = Api.parse(after).at("data").at("refused").text();
      if (!refused.isEmpty()) {
        throw new ApiException(refused);
      }
      answer.print(after, out, data -> show(data, out, err));
    }
  }

  /** Undoes it. */
  @Command(
      name = "undo",
      description =
          "Show everything again that the policies hide or removed and that is still there; they do"
              + " nothing from then on, until they are changed or confirmed.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Undo implements Callable<Integer> {
    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) ->
              answer.print(
                  removals.undo(),
                  out,
                  data ->
                      out.println(
                          "the policies are not acted on; blocks that are back: "
                              + data.list().size())));
    }
  }

  /** Lists what it did. */
  @Command(
      name = "log",
      description = "List what went for good: by which policy, how many rows and bytes, and when.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class History implements Callable<Integer> {
    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) -> answer.print(removals.history(), out, data -> show(data, out)));
    }

    private static void show(Api.Node removed, PrintWriter out) {
      List<String> names = List.of("time", "policy", "tenant", "signal", "rows", "bytes");
      TextTable table = new TextTable(names);
      for (Api.Node one : removed.list()) {
        table.row(names.stream().map(name -> one.at(name).text()).toList());
      }
      table.print(out);
    }
  }

  private static void show(Api.Node plan, PrintWriter out, PrintWriter err) {
    TextTable table =
        new TextTable(
            List.of(
                "what", "block", "signal", "tenant", "from", "to", "rows", "bytes", "until",
                "reason"));
    rows("remove", plan.at("removed"), table);
    rows("rewrite", plan.at("rewritten"), table);
    rows("hidden", plan.at("hidden"), table);
    rows("removed", plan.at("restorable"), table);
    table.print(out);
    out.println(
        "goes: "
            + plan.at("rows").text()
            + " of "
            + plan.at("liveRows").text()
            + " rows, "
            + plan.at("bytes").text()
            + " of "
            + plan.at("liveBytes").text()
            + " bytes");
    if (!plan.at("refused").text().isEmpty()) {
      err.println("nothing is done: " + plan.at("refused").text());
    }
  }

  private static void rows(String what, Api.Node blocks, TextTable table) {
    for (Api.Node block : blocks.list()) {
      String bytes = block.at("bytesRemoved").text();
      String rows = block.at("rowsRemoved").text();
      table.row(
          List.of(
              what,
              block.at("block").text(),
              block.at("signal").text(),
              block.at("tenant").text(),
              block.at("from").text(),
              block.at("to").text(),
              rows.isEmpty() ? block.at("items").text() : rows,
              bytes.isEmpty() ? block.at("bytes").text() : bytes,
              block.at("until").text(),
              block.at("reason").text()));
    }
  }
}
