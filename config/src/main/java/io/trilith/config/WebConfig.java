package io.trilith.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Prometheus' web-config.yml as it is: {@code basic_auth_users} and {@code tls_server_config}. A
 * key that asks for something we do not do is refused, so that nothing is weaker than it says.
 *
 * @param users bcrypt hashes by name
 * @param tls off when the file has no certificate
 * @param allowedSans of clients' certificates; empty for all that the authority signed
 */
public record WebConfig(Map<String, Secret> users, TlsConfig tls, List<String> allowedSans) {
  private static final Set<String> TLS_KEYS =
      Set.of(
          "cert_file",
          "key_file",
          "client_auth_type",
          "client_ca_file",
          "client_allowed_sans",
          "min_version");

  public WebConfig {
    users = Map.copyOf(users);
    allowedSans = List.copyOf(allowedSans);
  }

  /** Nothing. */
  public static WebConfig none() {
    return new WebConfig(Map.of(), Binder.defaults(TlsConfig.class), List.of());
  }

  /** Throws ConfigException naming file, key and the way out. */
  public static WebConfig read(Path file) {
    try {
      LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).build();
      Optional<Node> root = new Compose(settings).composeString(Files.readString(file));
      return root.isEmpty() ? none() : read(root.get(), file);
    } catch (YamlEngineException | IOException e) {
      throw new ConfigException("auth: web-config-file: " + file + ": " + firstLine(e), e);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("auth: web-config-file: " + file + ": " + e.getMessage(), e);
    }
  }

  /** What YAML's parser quotes of the file after it may be a hash. */
  private static String firstLine(Exception failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("cannot be read");
  }

  private static WebConfig read(Node root, Path file) {
    Map<String, Secret> users = new LinkedHashMap<>();
    Map<String, Node> tls = Map.of();
    for (Map.Entry<String, Node> section : entries(root).entrySet()) {
      switch (section.getKey()) {
        case "basic_auth_users" ->
            entries(section.getValue())
                .forEach(
                    (name, hash) -> {
                      CredentialRules.checkBcrypt(name, text(hash));
                      users.put(name, new Secret(text(hash)));
                    });
        case "tls_server_config" -> tls = entries(section.getValue());
        case "http_server_config" -> {
          // Whether HTTP/2 is spoken, and headers for browsers: neither weakens anything here.
        }
        default -> throw new IllegalArgumentException("unknown key '" + section.getKey() + "'");
      }
    }
    for (String key : tls.keySet()) {
      if (!TLS_KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "tls_server_config." + key + " is not supported; remove it, or use the section tls");
      }
    }
    Path folder = file.toAbsolutePath().getParent();
    List<String> sans = new ArrayList<>();
    if (tls.get("client_allowed_sans") instanceof SequenceNode list) {
      list.getValue().forEach(one -> sans.add(text(one)));
    }
    return new WebConfig(users, tls(tls, folder == null ? Path.of("") : folder), sans);
  }

  private static TlsConfig tls(Map<String, Node> keys, Path folder) {
    TlsConfig unset = Binder.defaults(TlsConfig.class);
    TlsConfig.ClientAuth clients =
        switch (text(keys, "client_auth_type", "NoClientCert")) {
          case "", "NoClientCert" -> TlsConfig.ClientAuth.NONE;
          case "VerifyClientCertIfGiven" -> TlsConfig.ClientAuth.REQUEST;
          case "RequireAndVerifyClientCert" -> TlsConfig.ClientAuth.REQUIRE;
          default ->
              throw new IllegalArgumentException(
                  "tls_server_config.client_auth_type is not NoClientCert,"
                      + " VerifyClientCertIfGiven or RequireAndVerifyClientCert: a certificate that"
                      + " is not verified says nothing");
        };
    TlsConfig.Version least =
        switch (text(keys, "min_version", "TLS12")) {
          case "TLS13" -> TlsConfig.Version.V1_3;
          case "TLS12" -> TlsConfig.Version.V1_2;
          default ->
              throw new IllegalArgumentException(
                  "tls_server_config.min_version is not TLS12 or TLS13");
        };
    return new TlsConfig(
        path(keys, "cert_file", folder),
        path(keys, "key_file", folder),
        least,
        unset.reload(),
        clients,
        clients == TlsConfig.ClientAuth.NONE ? Path.of("") : path(keys, "client_ca_file", folder),
        List.of());
  }

  private static Path path(Map<String, Node> keys, String key, Path folder) {
    String text = text(keys, key, "");
    return text.isEmpty() ? Path.of("") : folder.resolve(text);
  }

  private static String text(Map<String, Node> keys, String key, String unset) {
    Node node = keys.get(key);
    return node == null ? unset : text(node);
  }

  private static String text(Node node) {
    if (node instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw new IllegalArgumentException("a text was expected");
  }

  private static Map<String, Node> entries(Node node) {
    Map<String, Node> entries = new LinkedHashMap<>();
    if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        if (entries.put(text(entry.getKeyNode()), entry.getValueNode()) != null) {
          throw new IllegalArgumentException("'" + text(entry.getKeyNode()) + "' is there twice");
        }
      }
    } else if (!(node instanceof ScalarNode scalar && scalar.getValue().isEmpty())) {
      throw new IllegalArgumentException("a section was expected");
    }
    return entries;
  }
}
