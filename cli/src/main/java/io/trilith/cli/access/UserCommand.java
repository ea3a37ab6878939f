package io.trilith.cli.access;

import picocli.CommandLine.Command;

/** Users of basic authentication in the credentials' file. */
@Command(
    name = "user",
    description = "Make, list and revoke users of the file that auth.file names.",
    subcommands = {
      UserCreateCommand.class,
      UserHashCommand.class,
      UserListCommand.class,
      UserRevokeCommand.class
    })
public final class UserCommand {}
