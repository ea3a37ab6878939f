package io.trilith.cli.rules;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.options.ServerOptions;
import io.trilith.cli.options.TimeArgument;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Gives rules a past. */
@Command(
    name = "backfill",
    description = "Have a server evaluate its rules over the past, tick by tick, alerts included.",
    footer = {
      "",
      "The server evaluates the groups it has, at their own times, and stores what they would have"
          + " stored;",
      "nobody is notified. A second run over the same time changes nothing. With --resume an"
          + " interrupted run",
      "goes on where it was. An alert that was true for longer than its 'for' before the start"
          + " begins at the",
      "start less its 'for'.",
      "Times: now, 1h or now-1h (ago), unix seconds, 2026-11-21T16:00:00Z, 2026-11-21.",
      ServerOptions.STATUS
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RulesBackfillCommand implements Callable<Integer> {
  @Option(names = "--start", paramLabel = "TIME", required = true, description = "From when on.")
  private String start = "";

  @Option(
      names = "--end",
      paramLabel = "TIME",
      defaultValue = "now",
      description = "Up to when. Default: ${DEFAULT-VALUE}")
  private String end = "";

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "Groups of this file or namespace. Default: all.")
  private String namespace = "";

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "Groups of this name. Default: all.")
  private String group = "";

  @Option(
      names = "--resume",
      paramLabel = "FILE",
      description = "Where it is kept how far it is; a run that finds it goes on from there.")
  private @Nullable Path resume;

  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    return server.run(spec, this::run);
  }

  private void run(Api api, PrintWriter out, PrintWriter err) {
    InstantSource clock = InstantSource.system();
    Kept kept = kept(clock);
    String path =
        "/api/v1/rules/backfill?start="
            + kept.start()
            + "&end="
            + kept.end()
            + "&namespace="
            + URLEncoder.encode(namespace, StandardCharsets.UTF_8)
            + "&group="
            + URLEncoder.encode(group, StandardCharsets.UTF_8);
    String token = kept.token();
    long ticks = 0;
    long samples = 0;
    long refused = 0;
    Set<String> errors = new LinkedHashSet<>();
    do {
      byte[] body = token.getBytes(StandardCharsets.UTF_8);
      Api.Node data = Api.parse(api.post(path, "text/plain", "", body)).at("data");
      token = data.at("token").text();
      ticks += data.at("ticks").integer();
      samples += data.at("samples").integer();
      refused += data.at("refused").integer();
      for (Api.Node error : data.at("errors").list()) {
        if (errors.add(error.text())) {
          err.println("trilith: " + error.text());
        }
      }
      keep(new Kept(kept.start(), kept.end(), token));
      Instant time = Instant.parse(data.at("time").text());
      err.println(progress(kept, time) + ticks + " ticks, " + samples + " samples");
      err.flush();
    } while (!token.isEmpty());
    out.println(ticks + " ticks evaluated, " + samples + " samples stored");
    if (refused > 0 || !errors.isEmpty()) {
      throw new ServerOptions.IncompleteException(
          refused > 0
              ? refused + " samples were refused: see above"
              : "some rules failed at some ticks: see above");
    }
  }

  private static String progress(Kept kept, Instant time) {
    Duration all = Duration.between(Instant.parse(kept.start()), Instant.parse(kept.end()));
    Duration done = Duration.between(Instant.parse(kept.start()), time);
    double part = all.isZero() ? 1 : (double) done.toMillis() / all.toMillis();
    return String.format(Locale.ROOT, "%5.1f%%  %s  ", 100 * part, time);
  }

  /** What is kept of a run: its two times and the token, a line for each. */
  private record Kept(String start, String end, String token) {}

  private Kept kept(InstantSource clock) {
    if (resume != null && Files.exists(resume)) {
      try {
        String[] lines = Files.readString(resume).split("\n", -1);
        if (lines.length >= 3) {
          return new Kept(lines[0], lines[1], lines[2]);
        }
      } catch (IOException e) {
        throw new ApiException(resume + " cannot be read: " + e, e);
      }
      throw new ApiException(resume + " is no file of an earlier run; delete it to begin anew");
    }
    return new Kept(
        TimeArgument.parse(start, clock).toString(), TimeArgument.parse(end, clock).toString(), "");
  }

  private void keep(Kept kept) {
    if (resume == null) {
      return;
    }
    try {
      if (kept.token().isEmpty()) {
        Files.deleteIfExists(resume);
      } else {
        Files.writeString(resume, kept.start() + "\n" + kept.end() + "\n" + kept.token() + "\n");
      }
    } catch (IOException e) {
      throw new ApiException(resume + " cannot be written: " + e, e);
    }
  }
}
