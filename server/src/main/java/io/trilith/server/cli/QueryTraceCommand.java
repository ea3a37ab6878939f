package io.trilith.server.cli;

import io.trilith.server.client.Api;
import io.trilith.server.client.ApiException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows one trace. */
@Command(
    name = "trace",
    description = "Show one trace, with its logs if wanted.",
    footer = {
      "",
      "Status: 0 answered, 1 there is no such trace, the server refused or is not there, 2 a wrong call.",
      "",
      "  trilith query trace 4bf92f3577b34da6a3ce929d0e0e4736 --logs"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class QueryTraceCommand implements Callable<Integer> {
  /** How an answer is shown. */
  enum Output {
    TREE,
    JSON
  }

  @Parameters(paramLabel = "ID", description = "The id, in hex.")
  private String id = "";

  @Option(names = "--logs", description = "Show the log entries that carry the id, too.")
  private boolean logs;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "tree",
      description = "tree or json. Default: ${DEFAULT-VALUE}")
  private Output output = Output.TREE;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(spec, (api, out, err) -> ask(api, out));
  }

  private void ask(Api api, PrintWriter out) {
    if (id.isEmpty() || !id.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 0x80)) {
      throw new IllegalArgumentException("'" + id + "' is no trace id: give hex digits");
    }
    String path = "/api/v2/traces/" + id;
    if (output == Output.JSON) {
      String trace = api.askText(path);
      out.println(
          logs ? "{\"trace\":" + trace + ",\"logs\":" + api.askText(path + "/logs") + "}" : trace);
      return;
    }
    List<TraceSpan> spans = TraceSpan.of(api.ask(path).at("trace"));
    if (spans.isEmpty()) {
      throw new ApiException("there is no trace " + id);
    }
    List<TraceSpan.Log> entries =
        logs
            ? TraceSpan.Log.of(api.ask(path + "/logs").at("data").at("result"))
            : List.<TraceSpan.Log>of();
    new Waterfall(spans, entries, Colour.wanted()).print(out);
  }
}
