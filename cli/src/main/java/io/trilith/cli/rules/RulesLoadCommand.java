package io.trilith.cli.rules;

import io.trilith.cli.options.ServerOptions;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.rules.file.RuleYaml;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sets the groups of rule files on a server. */
@Command(
    name = "load",
    description = "Set the groups of rule files on a server; groups of the same name are replaced.",
    footer = {
      "",
      "A file's groups go to the namespace it names with 'namespace:', else to one of its own"
          + " name.",
      "Nothing is sent when a file is wrong.",
      ServerOptions.STATUS
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesLoadCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Rule files.")
  private List<Path> files = new ArrayList<>();

  @Option(names = "--namespace", paramLabel = "NAME", description = "Where all groups go to.")
  private String namespace = "";

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, _) -> {
          Map<Path, RuleFileReader.Content> all = new LinkedHashMap<>();
          files.forEach(file -> all.put(file, ruler.read(file)));
          all.forEach(
              (file, content) -> {
                String into = RulerOptions.namespace(namespace, content, file);
                for (RuleGroup group : content.groups()) {
                  byte[] yaml =
                      RuleYaml.group(group, ruler.language()).getBytes(StandardCharsets.UTF_8);
                  String _ = api.post(ruler.path(into), "application/yaml", "", yaml);
                  out.println("loaded " + into + " " + group.name());
                }
              });
        });
  }
}
