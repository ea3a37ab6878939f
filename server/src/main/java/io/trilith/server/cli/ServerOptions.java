package io.trilith.server.cli;

import io.trilith.server.client.Api;
import io.trilith.server.client.ApiException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

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

  /** What a command does with the server that answers it. */
  @FunctionalInterface
  interface Question {
    void ask(Api api, PrintWriter out, PrintWriter err);
  }

  /**
   * Asks, and makes of how it went the status of the process: 1 when the server refused or is not
   * there. A wrong argument throws ParameterException.
   */
  int run(@Nullable CommandSpec spec, Question question) {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Api api = new Api(server, tenant)) {
      question.ask(api, out, err);
      return 0;
    } catch (ApiException e) {
      err.println("trilith: " + e.getMessage());
      return 1;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } finally {
      out.flush();
    }
  }
}
