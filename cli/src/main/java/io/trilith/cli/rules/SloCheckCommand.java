package io.trilith.cli.rules;

import io.trilith.rules.slo.Slo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says whether a server would take files of SLOs. */
@Command(
    name = "check",
    description = "Check files of SLOs: all that is wrong, with line, SLO and key.",
    footer = {"", "Status: 0 fine, 1 something is wrong, 2 a wrong call."},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SloCheckCommand implements Callable<Integer> {
  @Mixin private SloFiles files = new SloFiles();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    boolean good =
        files.read(
            err,
            (file, content) -> {
              out.println("Checking " + file);
              if (content.problems().isEmpty()) {
                out.println("  SUCCESS: " + content.slos().size() + " SLOs found");
                content.slos().forEach(slo -> tell(slo, out));
              } else {
                out.println("  FAILED");
              }
            });
    out.flush();
    err.flush();
    return good ? 0 : 1;
  }

  private static void tell(Slo slo, PrintWriter out) {
    out.println(
        "    "
            + slo.id()
            + ": "
            + slo.objective().toPlainString()
            + " % of "
            + slo.window().text()
            + ", "
            + slo.sli().language().text()
            + ", "
            + slo.method().text());
  }
}
