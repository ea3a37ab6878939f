package io.trilith.cli.access;

import io.trilith.config.AuthFileText;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes the record of a user. */
@Command(
    name = "create",
    description =
        "Make a user with a password that is typed, or is the first line of standard input.",
    sortOptions = false)
final class UserCreateCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private GrantOptions grant = new GrantOptions();
  @Mixin private NewPassword password = new NewPassword();
  @Mixin private AuthFileOption file = new AuthFileOption();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      String record =
          "{name: "
              + AuthFileText.quoted(grant.name())
              + ", password-hash: "
              + AuthFileText.quoted(password.hash())
              + ", "
              + grant.fields()
              + "}";
      boolean added = file.add("users", record);
      out.println("record: - " + record);
      out.println(
          added
              ? "The record is in the file."
              : "Put the record below users: in the file that auth.file names.");
      out.flush();
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
