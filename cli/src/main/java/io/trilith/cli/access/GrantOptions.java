package io.trilith.cli.access;

import io.trilith.config.AuthFileText;
import io.trilith.config.Scope;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Option;

/** What a new credential is called, and what it may do for whom. */
final class GrantOptions {
  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "What it is called in the file and in the audit log.")
  private String name = "";

  @Option(
      names = "--scopes",
      required = true,
      paramLabel = "SCOPE,…",
      description =
          "What it may do: read, write, read:metrics, write:logs and so on, rules, delete, admin,"
              + " metrics.")
  private String scopes = "";

  @Option(
      names = "--tenants",
      paramLabel = "TENANT,…",
      description = "Whose data: names, names that end in *, or * for all. Default: none")
  private String tenants = "";

  String name() {
    return name;
  }

  /** The record's fields of them; throws IllegalArgumentException when a scope is none. */
  String fields() {
    List<String> words = Arrays.stream(scopes.split(",", -1)).map(String::strip).toList();
    var _ = Scope.parse(words);
    return "scopes: " + AuthFileText.list(scopes) + ", tenants: " + AuthFileText.list(tenants);
  }
}
