package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.print.TextTable;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what is left of the budgets of a server's SLOs. */
@Command(
    name = "report",
    description = "Show what is left of error budgets, how fast they burn and what burnt them.",
    footer = {"", ServerOptions.STATUS},
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class SloReportCommand implements Callable<Integer> {
  private static final double PERCENT = 100;

  @Parameters(
      paramLabel = "ID",
      arity = "0..1",
      description = "One SLO, as SERVICE-NAME. Default: a line for each.")
  private String id = "";

  @Option(
      names = "--objective",
      paramLabel = "PERCENT",
      description = "Of one SLO, what would be left with another objective, as 99.5.")
  private String objective = "";

  @Option(
      names = "--offenders",
      paramLabel = "N",
      defaultValue = "10",
      description = "Traces or lines shown of one SLO. Default: ${DEFAULT-VALUE}")
  private int offenders;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(
        spec,
        (api, out, _) -> {
          if (id.isEmpty()) {
            if (!objective.isEmpty()) {
              throw new IllegalArgumentException("--objective is for one SLO: name its ID");
            }
            all(api, out);
          } else {
            one(api, out);
          }
        });
  }

  private static void all(Api api, PrintWriter out) {
    TextTable table =
        new TextTable(
            List.of("SLO", "OBJECTIVE", "WINDOW", "GOOD", "BAD", "REMAINING", "EXHAUSTED"));
    for (Api.Node slo : api.get("/api/v1/slos").at("data").at("slos").list()) {
      table.row(
          List.of(
              slo.at("id").text(),
              slo.at("objective").text() + "%",
              slo.at("window").at("duration").text(),
              slo.at("events").at("good").text(),
              slo.at("events").at("bad").text(),
              percent(slo.at("budget").at("remaining")),
              exhausted(slo.at("forecast"))));
    }
    table.print(out);
  }

  private static String percent(Api.Node ratio) {
    return String.format(Locale.ROOT, "%.2f%%", ratio.number() * PERCENT);
  }

  private static String exhausted(Api.Node forecast) {
    if (forecast.at("exhausted").text().equals("true")) {
      return "now";
    }
    String at = forecast.at("exhaustedAt").text();
    return at.isEmpty() ? "-" : at;
  }

  private void one(Api api, PrintWriter out) {
    String path = "/api/v1/slos/" + URLEncoder.encode(id, StandardCharsets.UTF_8) + "/budget";
    Api.Node slo =
        api.get(path, "objective", objective, "offenders", Integer.toString(offenders)).at("data");
    out.println(
        slo.at("id").text()
            + "  "
            + slo.at("objective").text()
            + "% of "
            + slo.at("window").at("duration").text()
            + (slo.at("whatIf").text().isEmpty()
                ? ""
                : " (it is " + slo.at("configuredObjective").text() + "%)"));
    out.println(
        "window     " + slo.at("window").at("start").text() + " to " + slo.at("time").text());
    Api.Node events = slo.at("events");
    out.println(
        "events     "
            + events.at("good").text()
            + " good, "
            + events.at("bad").text()
            + " bad, "
            + events.at("total").text()
            + " in all");
    out.println(
        "budget     "
            + percent(slo.at("budget").at("remaining"))
            + " left: "
            + slo.at("budget").at("remainingEvents").text()
            + " of "
            + slo.at("budget").at("allowed").text()
            + " bad events");
    out.println("exhausted  " + exhausted(slo.at("forecast")));
    if (!slo.at("uncountedSteps").text().equals("0")) {
      out.println("not counted yet: " + slo.at("uncountedSteps").text() + " steps");
    }
    for (Api.Node span : slo.at("excluded").list()) {
      out.println(
          "excluded   "
              + span.at("from").text()
              + " to "
              + span.at("to").text()
              + " "
              + span.at("reason").text());
    }
    details(slo, out);
  }

  private static void details(Api.Node slo, PrintWriter out) {
    TextTable burns = new TextTable(List.of("WINDOW", "BURN", "BAD", "TOTAL"));
    for (Api.Node burn : slo.at("burn").list()) {
      burns.row(
          List.of(
              burn.at("window").text(),
              String.format(Locale.ROOT, "%.2f", burn.at("rate").number()),
              burn.at("events").at("bad").text(),
              burn.at("events").at("total").text()));
    }
    burns.print(out);
    Api.Node found = slo.at("offenders");
    for (Api.Node step : found.at("steps").list()) {
      out.println(
          "lost       "
              + step.at("bad").text()
              + " of "
              + step.at("total").text()
              + " until "
              + step.at("to").text());
    }
    for (Api.Node trace : found.at("traces").list()) {
      out.println(
          "trace      "
              + trace.at("traceID").text()
              + " "
              + trace.at("time").text()
              + " "
              + trace.at("name").text());
    }
    for (Api.Node line : found.at("lines").list()) {
      out.println("line       " + line.at("time").text() + " " + line.at("line").text());
    }
    if (!found.at("note").text().isEmpty()) {
      out.println(found.at("note").text());
    }
  }
}
