package io.trilith.cli.removal;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.AnswerOptions;
import io.trilith.cli.options.TimeArgument;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Deletions by selector. */
@Command(
    name = "delete",
    description = "Delete data by selectors, follow it, and undo it in time.",
    subcommands = {
      DeleteCommand.Create.class,
      DeleteCommand.Ls.class,
      DeleteCommand.Status.class,
      DeleteCommand.Cancel.class,
      HelpCommand.class
    })
public final class DeleteCommand {
  /** Begins one. */
  @Command(
      name = "create",
      description = "Hide what selectors find at once, and remove it after deletion.delay.",
      footer = {
        "",
        "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
        RemovalOptions.STATUS,
        "",
        "  trilith delete create --metrics '{user=\"7\"}' --logs '{app=\"shop\"} |= \"user=7\"' \\",
        "      --traces '{ span.user = \"7\" }'"
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Create implements Callable<Integer> {
    @Option(names = "--metrics", paramLabel = "SELECTOR", description = "PromQL matchers.")
    private List<String> metrics = new ArrayList<>();

    @Option(
        names = "--logs",
        paramLabel = "SELECTOR",
        description = "A LogQL selector; line and label filters may follow.")
    private List<String> logs = new ArrayList<>();

    @Option(
        names = "--traces",
        paramLabel = "SELECTOR",
        description = "TraceQL; traces that it finds go whole.")
    private List<String> traces = new ArrayList<>();

    @Option(names = "--from", paramLabel = "TIME", description = "Start. Default: the first row")
    private @Nullable String from;

    @Option(names = "--to", paramLabel = "TIME", description = "End. Default: the last row")
    private @Nullable String to;

    @Option(names = "--dry-run", description = "Show what would go, and do nothing.")
    private boolean dryRun;

    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(spec, (removals, out, err) -> create(removals, out));
    }

    private void create(Removals removals, PrintWriter out) {
      if (metrics.isEmpty() && logs.isEmpty() && traces.isEmpty()) {
        throw new IllegalArgumentException("give --metrics, --logs or --traces");
      }
      Removals.Wanted wanted = new Removals.Wanted(metrics, logs, traces, time(from), time(to));
      String made = removals.create(wanted, dryRun, by());
      answer.print(made, out, data -> show(List.of(data), out));
    }

    private static @Nullable Instant time(@Nullable String text) {
      return text == null ? null : TimeArgument.parse(text, InstantSource.system());
    }
  }

  /** Lists them. */
  @Command(
      name = "ls",
      description = "List deletions, oldest first.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Ls implements Callable<Integer> {
    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) ->
              answer.print(removals.list(), out, data -> show(data.list(), out)));
    }
  }

  /** Shows one. */
  @Command(
      name = "status",
      description = "Show how far a deletion is; when it is complete, by which commits.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Status implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "The deletion.")
    private String id = "";

    @Mixin private AnswerOptions answer = new AnswerOptions();
    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) ->
              answer.print(removals.status(id), out, data -> show(List.of(data), out)));
    }
  }

  /** Undoes one. */
  @Command(
      name = "cancel",
      description = "Show everything again that a deletion hides.",
      footer = {"", RemovalOptions.STATUS},
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Cancel implements Callable<Integer> {
    @Parameters(paramLabel = "ID", description = "The deletion.")
    private String id = "";

    @Option(
        names = "--force",
        description = "Also after deletion.delay; what was rewritten until then stays gone.")
    private boolean force;

    @Mixin private RemovalOptions server = new RemovalOptions();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      return server.run(
          spec,
          (removals, out, err) -> {
            removals.cancel(id, force, by());
            out.println("deletion " + id + " was cancelled");
          });
    }
  }

  /** Who runs this, as deletions remember it. */
  private static String by() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    return System.getProperty("user.name", "unknown") + "@" + host;
  }

  private static void show(List<Api.Node> deletions, PrintWriter out) {
    List<String> notes = new ArrayList<>();
    TextTable table =
        new TextTable(
            List.of(
                "id",
                "status",
                "by",
                "due",
                "signal",
                "selectors",
                "from",
                "to",
                "blocks left",
                "bytes left",
                "rows gone",
                "bytes gone",
                "proof"));
    for (Api.Node deletion : deletions) {
      boolean first = true;
      notes(deletion, notes);
      for (Api.Node part : deletion.at("parts").list()) {
        table.row(row(deletion, part, first));
        first = false;
      }
    }
    table.print(out);
    notes.forEach(out::println);
  }

  /** What has no place in a table. */
  private static void notes(Api.Node deletion, List<String> notes) {
    String id = deletion.at("id").text();
    for (Api.Node one : deletion.at("waitsFor").list()) {
      notes.add(id + " waits for " + one.text());
    }
    for (Api.Node one : deletion.at("proof").at("outOfReach").list()) {
      notes.add(id + " does not reach " + one.text());
    }
  }

  private static List<String> row(Api.Node deletion, Api.Node part, boolean first) {
    Api.Node proof = deletion.at("proof");
    String commits =
        proof.at("completedByCommit").text().isEmpty()
            ? ""
            : "commits "
                + proof.at("createdByCommit").text()
                + " to "
                + proof.at("completedByCommit").text()
                + ", "
                + proof.at("completed").text();
    List<String> selectors = part.at("selectors").list().stream().map(Api.Node::text).toList();
    return List.of(
        first ? deletion.at("id").text() : "",
        first ? deletion.at("status").text() : "",
        first ? deletion.at("by").text() : "",
        first ? deletion.at("due").text() : "",
        part.at("signal").text(),
        String.join(" or ", selectors),
        part.at("from").text(),
        part.at("to").text(),
        part.at("blocksPending").text(),
        part.at("bytesLeft").text(),
        part.at("rowsRemoved").text(),
        part.at("bytesRemoved").text(),
        first ? commits : "");
  }
}
