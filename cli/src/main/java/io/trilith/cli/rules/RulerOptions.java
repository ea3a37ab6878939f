package io.trilith.cli.rules;

import io.trilith.cli.client.ApiException;
import io.trilith.rules.Language;
import io.trilith.rules.QueryLanguages;
import io.trilith.rules.file.Problem;
import io.trilith.rules.file.RuleFileReader;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Which of a server's rules are meant: those in PromQL, or those in LogQL. */
final class RulerOptions {
  @Option(
      names = "--loki",
      description = "The rules over logs, as Loki's API has them. Default: those over metrics.")
  private boolean loki;

  /** In what the groups are when they do not say. */
  Language language() {
    return loki ? Language.LOGQL : Language.PROMQL;
  }

  /** The path of all groups, of a namespace, or of a group. */
  String path(String... names) {
    StringBuilder path =
        new StringBuilder(loki ? "/loki/api/v1/rules" : "/prometheus/config/v1/rules");
    for (String name : names) {
      path.append('/');
      path.append(URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return path.toString();
  }

  /** Reads a file that is to be loaded; throws ApiException naming all that is wrong. */
  RuleFileReader.Content read(Path file) {
    RuleFileReader reader = new RuleFileReader(new QueryLanguages(RulesCheckCommand.DEPTH_MAX));
    try {
      RuleFileReader.Content content =
          reader.loaded(file.toString(), Files.readString(file), language());
      if (!content.problems().isEmpty()) {
        throw new ApiException(
            content.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
      }
      return content;
    } catch (IOException e) {
      throw new ApiException(file + ": no such file, or it cannot be read: " + e, e);
    }
  }

  /** The namespace of a file: the one given, the one it names, or its own name. */
  static String namespace(String given, RuleFileReader.Content content, Path file) {
    if (!given.isEmpty()) {
      return given;
    }
    if (!content.namespace().isEmpty()) {
      return content.namespace();
    }
    String name = String.valueOf(file.getFileName());
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
