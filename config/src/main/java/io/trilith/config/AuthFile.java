package io.trilith.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The file that {@code auth.file} names: who may come in. */
public record AuthFile(
    @Key(doc = "Bearer tokens.", value = "") List<TokenRecord> tokens,
    @Key(doc = "Users of basic authentication.", value = "") List<UserRecord> users,
    @Key(doc = "Issuers of JSON web tokens.", value = "") List<JwtRecord> jwt,
    @Key(doc = "Clients' certificates.", value = "") List<CertificateRecord> certificates,
    @Key(doc = "Prometheus' web-config.yml; its users may read, write and scrape.", value = "")
        Path webConfigFile) {
  public AuthFile {
    tokens = List.copyOf(tokens);
    users = List.copyOf(users);
    jwt = List.copyOf(jwt);
    certificates = List.copyOf(certificates);
  }

  /** Throws ConfigException naming line, key and the way out; it holds no secret. */
  public static AuthFile read(Path file) {
    return new ConfigReader(Map.of()).read(AuthFile.class, file, one -> one.twice(file.toString()));
  }

  private List<String> twice(String file) {
    List<String> errors = new ArrayList<>();
    unique(file + ": tokens", tokens.stream().map(TokenRecord::name).toList(), errors);
    unique(file + ": users", users.stream().map(UserRecord::name).toList(), errors);
    unique(file + ": jwt", jwt.stream().map(JwtRecord::name).toList(), errors);
    unique(
        file + ": certificates",
        certificates.stream().map(CertificateRecord::san).toList(),
        errors);
    return errors;
  }

  private static void unique(String where, List<String> names, List<String> errors) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        errors.add(where + ": '" + name + "' is there twice; give each a name of its own");
      }
    }
  }

  public boolean hasWebConfig() {
    return !webConfigFile.toString().isEmpty();
  }
}
