package io.trilith.cli.access;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Takes one of the tokens out of a file. */
@Command(
    name = "revoke",
    description =
        "Take one of the tokens out of a file. A running server sees it within auth.reload.",
    sortOptions = false)
final class TokenRevokeCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--name", required = true, paramLabel = "NAME", description = "Which.")
  private String name = "";

  @Mixin private AuthFileOption file = new AuthFileOption();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    try {
      if (!file.remove("tokens", name)) {
        spec.commandLine().getErr().println("trilith: there is no '" + name + "' in tokens");
        return 1;
      }
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
