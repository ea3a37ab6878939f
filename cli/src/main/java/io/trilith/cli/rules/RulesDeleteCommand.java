package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Deletes groups that were set by API. */
@Command(
    name = "delete",
    description = "Delete a group that was set by API, or a namespace.",
    footer = {"", ServerOptions.STATUS},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesDeleteCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "NAME",
      arity = "1..2",
      description = "A namespace, and the group in it that is meant.")
  private List<String> names = new ArrayList<>();

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, _) -> {
          Api.Node _ = api.delete(ruler.path(names.toArray(String[]::new)));
          out.println("deleted " + String.join(" ", names));
        });
  }
}
