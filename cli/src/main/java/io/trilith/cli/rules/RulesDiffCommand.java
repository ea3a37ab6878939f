package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.options.ServerOptions;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.rules.file.RuleYaml;
import java.io.PrintWriter;
import java.nio.file.Path;
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

/** Shows what loading rule files would change on a server. */
@Command(
    name = "diff",
    description = "Show what loading rule files would change on a server.",
    footer = {"", ServerOptions.STATUS},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesDiffCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Rule files.")
  private List<Path> files = new ArrayList<>();

  @Option(names = "--namespace", paramLabel = "NAME", description = "Where all groups would go to.")
  private String namespace = "";

  @Mixin private RulerOptions ruler = new RulerOptions();

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, _) -> {
          for (Path file : files) {
            RuleFileReader.Content content = ruler.read(file);
            String into = RulerOptions.namespace(namespace, content, file);
            for (RuleGroup group : content.groups()) {
              compare(api, into, group, out);
            }
          }
        });
  }

  private void compare(Api api, String into, RuleGroup group, PrintWriter out) {
    List<String> wanted = RuleYaml.group(group, ruler.language()).lines().toList();
    List<String> there;
    try {
      there = api.getText(ruler.path(into, group.name())).lines().toList();
    } catch (ApiException e) {
      if (!String.valueOf(e.getMessage()).contains("group does not exist")) {
        throw e;
      }
      there = List.of();
    }
    if (there.equals(wanted)) {
      out.println("  " + into + " " + group.name());
      return;
    }
    out.println((there.isEmpty() ? "+ " : "~ ") + into + " " + group.name());
    lines(there, wanted, out);
  }

  /** By the longest common subsequence of lines. */
  private static void lines(List<String> there, List<String> wanted, PrintWriter out) {
    int[][] common = new int[there.size() + 1][wanted.size() + 1];
    for (int i = there.size() - 1; i >= 0; i--) {
      for (int j = wanted.size() - 1; j >= 0; j--) {
        common[i][j] =
            there.get(i).equals(wanted.get(j))
                ? common[i + 1][j + 1] + 1
                : Math.max(common[i + 1][j], common[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < there.size() || j < wanted.size()) {
      boolean same = i < there.size() && j < wanted.size() && there.get(i).equals(wanted.get(j));
      if (same) {
        i++;
        j++;
      } else if (j == wanted.size() || (i < there.size() && common[i + 1][j] >= common[i][j + 1])) {
        out.println("    - " + there.get(i++));
      } else {
        out.println("    + " + wanted.get(j++));
      }
    }
  }
}
