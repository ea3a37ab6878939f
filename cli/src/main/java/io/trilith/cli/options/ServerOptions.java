package io.trilith.cli.options;

import io.trilith.cli.client.Api;
import io.trilith.cli.client.ApiException;
import io.trilith.cli.client.CredentialOptions;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which server is asked, and for whom. */
public final class ServerOptions {
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

  @Mixin private CredentialOptions credential = new CredentialOptions();

  /** Status of an answer that lacks something. */
  static final int INCOMPLETE = 3;

  public static final String STATUS =
      "Status: 0 answered, 1 the server refused or is not there, 2 a wrong call, 3 answered, and"
          + " something that\n"
          + "stderr names is missing.";

  /** What a command does with the server that answers it. */
  @FunctionalInterface
  public interface Question {
    void ask(Api api, PrintWriter out, PrintWriter err);
  }

  /** The answer that was shown lacks something: the message says what. */
  public static final class IncompleteException extends RuntimeException {
    public IncompleteException(String message) {
      super(message);
    }
  }

  private static int tellWarnings(Api api, PrintWriter err) {
    api.warnings().forEach(text -> err.println("warning: " + text));
    err.flush();
    return api.warnings().stream().allMatch(ServerOptions::isOfTheQuery) ? 0 : INCOMPLETE;
  }

  /** PromQL warns of what a query means, too: its answer is all there is. */
  private static boolean isOfTheQuery(String warning) {
    return warning.startsWith("PromQL ");
  }

  /**
   * Asks, and makes of how it went the status of the process: 1 when the server refused or is not
   * there, 3 when it said that its answer lacks something. A wrong argument throws
   * ParameterException.
   */
  public int run(@Nullable CommandSpec spec, Question question) {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    try (Api api = new Api(server, tenant, credential)) {
      question.ask(api, out, err);
      out.flush();
      return tellWarnings(api, err);
    } catch (ApiException e) {
      err.println("trilith: " + e.getMessage());
      return 1;
    } catch (IncompleteException e) {
      err.println("trilith: " + e.getMessage());
      return INCOMPLETE;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    } finally {
      out.flush();
    }
  }
}
