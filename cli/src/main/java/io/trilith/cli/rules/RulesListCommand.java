package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows the groups that a server evaluates, from files and set by API. */
@Command(
    name = "list",
    description = "Show the groups that a server evaluates, and how they do.",
    footer = {"", ServerOptions.STATUS},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesListCommand implements Callable<Integer> {
  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(spec, (api, out, _) -> list(api, out));
  }

  private static void list(Api api, PrintWriter out) {
    TextTable table =
        new TextTable(
            List.of("NAMESPACE", "GROUP", "RULES", "INTERVAL", "FAILING", "FIRING", "EVALUATED"));
    for (Api.Node group : api.get("/prometheus/api/v1/rules").at("data").at("groups").list()) {
      int failing = 0;
      int firing = 0;
      List<Api.Node> rules = group.at("rules").list();
      for (Api.Node rule : rules) {
        failing += rule.at("health").text().equals("err") ? 1 : 0;
        firing += rule.at("state").text().equals("firing") ? 1 : 0;
      }
      table.row(
          List.of(
              group.at("file").text(),
              group.at("name").text(),
              Integer.toString(rules.size()),
              group.at("interval").text() + "s",
              Integer.toString(failing),
              Integer.toString(firing),
              group.at("lastEvaluation").text()));
    }
    table.print(out);
  }
}
