package io.trilith.cli.options;

import io.trilith.cli.client.Api;
import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** How an answer is shown. */
public final class AnswerOptions {
  /** The forms. */
  enum Output {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "table or json. Default: ${DEFAULT-VALUE}")
  private Output output = Output.TABLE;

  /** Prints an answer as it came, or has its data printed. */
  public void print(String answer, PrintWriter out, Consumer<Api.Node> table) {
    if (output == Output.JSON) {
      out.println(answer);
    } else {
      table.accept(Api.parse(answer).at("data"));
    }
  }
}
