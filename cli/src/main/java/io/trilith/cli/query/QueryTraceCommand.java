package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.print.Colour;
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
      "Status: 0 answered, 1 there is no such trace, the server refused or is not there, 2 a wrong"
          + " call,",
      "3 answered, and something that stderr names is missing, perhaps the trace.",
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

  private List<TraceSpan> spans(Api api, String path) {
    try {
      return TraceSpan.of(api.ask(path).at("trace"));
    } catch (ApiException e) {
      throw notFound(String.valueOf(e.getMessage()), api);
    }
  }

  /** A trace that is not found where blocks are left out may be in these. */
  private static RuntimeException notFound(String reason, Api api) {
    return api.warnings().isEmpty()
        ? new ApiException(reason)
        : new ServerOptions.IncompleteException(
            reason + " in what could be read: " + String.join("; ", api.warnings()));
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
    List<TraceSpan> spans = spans(api, path);
    if (spans.isEmpty()) {
      throw notFound("there is no trace " + id, api);
    }
    List<TraceSpan.Log> entries =
        logs
            ? TraceSpan.Log.of(api.ask(path + "/logs").at("data").at("result"))
            : List.<TraceSpan.Log>of();
    new Waterfall(spans, entries, Colour.wanted()).print(out);
  }
}
