package io.trilith.server.cli;

import io.trilith.server.client.Api;
import picocli.CommandLine.Option;

/** Which server is asked, and for whom. */
final class ServerOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      defaultValue = "${env:TRILITH_SERVER:-http://127.0.0.1:3200}",
      description = "The server; or TRILITH_SERVER. Default: ${DEFAULT-VALUE}")
  private String server = "";

  @Option(
      names = "--tenant",
      paramLabel = "ID",
      defaultValue = "${env:TRILITH_TENANT:-}",
      description = "The tenant of a server that has several; or TRILITH_TENANT.")
  private String tenant = "";

  Api connect() {
    return new Api(server, tenant);
  }
}
