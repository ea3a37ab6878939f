package io.trilith.net.identity;

import io.trilith.config.AuthFile;
import io.trilith.config.ConfigException;
import io.trilith.config.JwtRecord;
import io.trilith.config.Secret;
import io.trilith.config.TokenRecord;
import io.trilith.config.WebConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials of {@code auth.file} and of the files it names, as they were when last good.
 * Changes are found by content, so that it does not matter how a file is replaced. {@link #reload}
 * is for one thread; the rest is thread-safe.
 */
public final class Credentials {
  private static final Logger log = LoggerFactory.getLogger(Credentials.class);
  private static final int FILE_MAX = 4 << 20;
  private static final int TOKEN_MIN = 20;

  private final Path file;
  private final AccessMetrics metrics;
  private final InstantSource clock;
  private volatile KnownCallers known;
  private final WebConfig web;
  private String digest;
  private String complained = "";

  /**
   * Reads them.
   *
   * @throws ConfigException when they are wrong, or there are none: at the start nothing good is
   *     there to go on with
   */
  public Credentials(Path file, AccessMetrics metrics, InstantSource clock) {
    this.file = file;
    this.metrics = metrics;
    this.clock = clock;
    Contents contents = read();
    known = build(contents, List.of());
    digest = contents.digest();
    web = contents.web();
    if (known.isEmpty()) {
      throw new ConfigException(
          "auth.file: '"
              + file
              + "' has no credentials, so nobody could come in: trilith token create makes one");
    }
  }

  /** Prometheus' file as it was at the start, for its part about TLS. */
  public WebConfig webConfig() {
    return web;
  }

  KnownCallers known() {
    return known;
  }

  /** What all files hold. */
  private record Contents(AuthFile file, Map<String, String> texts, WebConfig web, String digest) {}

  /** Takes over what has changed. What is wrong is told and counted, and the last good goes on. */
  public void reload() {
    try {
      Contents contents = read();
      if (!contents.digest().equals(digest)) {
        known = build(contents, known.issuers());
        digest = contents.digest();
        log.info("auth.file: '{}' was read again", file);
      }
      complained = "";
    } catch (ConfigException e) {
      metrics.reloadFailed("auth");
      String reason = String.valueOf(e.getMessage());
      if (!reason.equals(complained)) {
        log.error("auth.file is wrong, the credentials read before go on: {}", reason);
        complained = reason;
      }
    }
  }

  private Contents read() {
    String text = text("auth.file", file);
    AuthFile content = AuthFile.read(file);
    StringBuilder all = new StringBuilder(text);
    Map<String, String> texts = new HashMap<>();
    for (TokenRecord one : content.tokens()) {
      if (!one.tokenFile().toString().isEmpty()) {
        String token = withoutLineEnd(text("auth: token-file", beside(one.tokenFile())));
        if (token.length() < TOKEN_MIN) {
          throw new ConfigException(
              "auth: token-file of '"
                  + one.name()
                  + "' holds fewer than "
                  + TOKEN_MIN
                  + " characters; trilith token create makes a token");
        }
        texts.put(one.tokenFile().toString(), token);
        all.append('\0').append(token);
      }
    }
    for (JwtRecord one : content.jwt()) {
      if (one.jwksUrl().isEmpty()) {
        String keys = text("auth: jwks-file", beside(one.jwksFile()));
        texts.put(one.jwksFile().toString(), keys);
        all.append('\0').append(keys);
      }
    }
    WebConfig web = WebConfig.none();
    if (content.hasWebConfig()) {
      Path path = beside(content.webConfigFile());
      all.append('\0').append(text("auth: web-config-file", path));
      web = WebConfig.read(path);
    }
    return new Contents(content, texts, web, Digests.hex(all.toString()));
  }

  private KnownCallers build(Contents contents, List<JwtIssuer> before) {
    List<JwtIssuer> issuers = new ArrayList<>();
    for (JwtRecord one : contents.file().jwt()) {
      String keys = contents.texts().getOrDefault(one.jwksFile().toString(), "");
      issuers.add(
          before.stream()
              .filter(old -> old.isOf(one, keys))
              .findFirst()
              .orElseGet(() -> new JwtIssuer(one, keys, clock)));
    }
    Map<String, Secret> webUsers = contents.web().users();
    return new KnownCallers(contents.file(), contents.texts(), webUsers, issuers);
  }

  /** A path as the file means it: beside itself. */
  private Path beside(Path path) {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? path : folder.resolve(path);
  }

  private static String text(String key, Path path) {
    try {
      if (Files.isRegularFile(path) && Files.size(path) > FILE_MAX) {
        throw new ConfigException(key + ": '" + path + "' is larger than 4MiB");
      }
      return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new ConfigException(
          key + ": '" + path + "' cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }

  /** Editors and shells end a file with a line end that is no part of the secret. */
  private static String withoutLineEnd(String text) {
    int end = text.length();
    while (end > 0 && (text.charAt(end - 1) == '\n' || text.charAt(end - 1) == '\r')) {
      end--;
    }
    return text.substring(0, end);
  }
}
