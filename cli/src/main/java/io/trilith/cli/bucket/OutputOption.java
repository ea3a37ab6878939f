package io.trilith.cli.bucket;

import picocli.CommandLine.Option;

/** How an answer is shown. */
final class OutputOption {
  /** The forms that every verb has. */
  enum Form {
    TABLE,
    JSON
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      defaultValue = "table",
      description = "table or json. Default: ${DEFAULT-VALUE}")
  private Form form = Form.TABLE;

  Form form() {
    return form;
  }

  boolean isJson() {
    return form == Form.JSON;
  }
}
