package io.trilith.cli.access;

import at.favre.lib.crypto.bcrypt.BCrypt;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine.Option;

/** A password that is typed or piped, never an argument: those stand in the list of processes. */
final class NewPassword {
  private static final int BYTES_MAX = 72;

  @Option(
      names = "--cost",
      paramLabel = "N",
      defaultValue = "10",
      description = "Work of bcrypt as a power of two, 4 to 16. Default: ${DEFAULT-VALUE}")
  private int cost = 10;

  /** The bcrypt hash of what is typed, or of the first line of standard input. */
  String hash() {
    if (cost < 4 || cost > 16) {
      throw new IllegalArgumentException("--cost is between 4 and 16");
    }
    byte[] password = read().getBytes(StandardCharsets.UTF_8);
    if (password.length == 0) {
      throw new IllegalArgumentException("the password is empty");
    }
    if (password.length > BYTES_MAX) {
      throw new IllegalArgumentException(
          "the password has "
              + password.length
              + " bytes; bcrypt looks at 72 only, so that longer ones would be equal by how they"
              + " begin");
    }
    for (byte b : password) {
      if (b == 0) {
        throw new IllegalArgumentException("the password holds a zero byte, which ends it");
      }
    }
    byte[] hash = BCrypt.with(BCrypt.Version.VERSION_2Y).hash(cost, password);
    Arrays.fill(password, (byte) 0);
    return new String(hash, StandardCharsets.US_ASCII);
  }

  @SuppressWarnings("SystemConsoleNull") // its declaration still allows null
  private static String read() {
    Console console = System.console();
    if (console != null && console.isTerminal()) {
      char[] typed = console.readPassword("password: ");
      char[] again = console.readPassword("again:    ");
      if (!Arrays.equals(typed, again)) {
        throw new IllegalArgumentException("the two are not the same");
      }
      return typed == null ? "" : new String(typed);
    }
    try {
      String line =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
      return line == null ? "" : line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
