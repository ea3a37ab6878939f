package io.trilith.cli.rules;

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

/** Shows groups that were set by API, as YAML. */
@Command(
    name = "get",
    description = "Show groups that were set by API, as YAML.",
    footer = {"", ServerOptions.STATUS},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesGetCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "NAME",
      arity = "0..2",
      description = "A namespace, and a group in it. Default: all")
  private List<String> names = new ArrayList<>();

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec, (api, out, _) -> out.print(api.getText(ruler.path(names.toArray(String[]::new)))));
  }
}
