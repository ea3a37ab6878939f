package io.trilith.cli.access;

import io.trilith.config.UserRecord;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lists the users of a file, without their hashes. */
@Command(name = "list", description = "List the users of a file, without their hashes.")
final class UserListCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;
  @Mixin private AuthFileOption file = new AuthFileOption();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      for (UserRecord one : file.read().users()) {
        out.println(
            one.name()
                + "\t"
                + String.join(",", one.scopes())
                + "\t"
                + String.join(",", one.tenants()));
      }
      out.flush();
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }
}
