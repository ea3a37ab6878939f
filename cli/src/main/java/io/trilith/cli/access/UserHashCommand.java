package io.trilith.cli.access;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints the bcrypt hash of a password. */
@Command(
    name = "hash",
    description =
        "Print the bcrypt hash of a password that is typed, or is the first line of standard input.")
final class UserHashCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private NewPassword password = new NewPassword();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    try {
      PrintWriter out = spec.commandLine().getOut();
      out.println(password.hash());
      out.flush();
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
