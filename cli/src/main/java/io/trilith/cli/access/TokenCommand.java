package io.trilith.cli.access;

import picocli.CommandLine.Command;

/** Bearer tokens of the credentials' file. */
@Command(
    name = "token",
    description = "Make, list and revoke bearer tokens of the file that auth.file names.",
    subcommands = {TokenCreateCommand.class, TokenListCommand.class, TokenRevokeCommand.class})
public final class TokenCommand {}
