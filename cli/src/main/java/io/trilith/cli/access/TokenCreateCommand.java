package io.trilith.cli.access;

import io.trilith.config.AuthFileText;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes a token: 256 random bits, of which the file gets the hash. */
@Command(
    name = "create",
    description =
        "Make a token. It is printed once, with the record for the file, which holds its hash only.",
    sortOptions = false)
final class TokenCreateCommand implements Callable<Integer> {
  private static final int BYTES = 32;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private GrantOptions grant = new GrantOptions();

  @Option(
      names = "--expires",
      paramLabel = "TIME",
      defaultValue = "",
      description = "When it ends, such as 2027-06-30T00:00:00Z. Default: never")
  private String expires = "";

  @Mixin private AuthFileOption file = new AuthFileOption();

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not made by picocli");
    }
    PrintWriter out = spec.commandLine().getOut();
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String token = "trl_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    try {
      String end = expires.isEmpty() ? "" : ", expires: " + AuthFileText.quoted(expires);
      String record =
          "{name: "
              + AuthFileText.quoted(grant.name())
              + ", hash: \"sha256:"
              + sha256(token)
              + "\", "
              + grant.fields()
              + end
              + "}";
      boolean added = file.add("tokens", record);
      out.println("token:  " + token);
      out.println("record: - " + record);
      out.println(
          added
              ? "The record is in the file; the token is shown here only."
              : "Put the record below tokens: in the file that auth.file names; the token is shown"
                  + " here only.");
      out.flush();
      return 0;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
