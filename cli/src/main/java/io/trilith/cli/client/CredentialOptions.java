package io.trilith.cli.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** By what a verb is known to a server, and by what it knows the server. */
public final class CredentialOptions {
  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description =
          "A file with the bearer token for the server. Default: the token in TRILITH_TOKEN, if"
              + " there is one")
  private @Nullable Path tokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description =
          "Certificates (PEM) of who signed the server's; or TRILITH_CA_FILE. Default: those the"
              + " Java runtime trusts")
  private @Nullable Path caFile;

  /** The token; empty for none. Throws ApiException when the file cannot be read. */
  String token() {
    if (tokenFile == null) {
      String given = System.getenv("TRILITH_TOKEN");
      return given == null ? "" : given.strip();
    }
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new ApiException("--token-file: cannot read '" + tokenFile + "': " + e.getMessage(), e);
    }
  }

  /** What trusts the server; null for what Java trusts. Throws ApiException. */
  @Nullable SSLContext trust() {
    String named = System.getenv("TRILITH_CA_FILE");
    Path file = caFile == null && named != null && !named.isBlank() ? Path.of(named) : caFile;
    if (file == null) {
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca" + number++, one);
      }
      if (number == 0) {
        throw new ApiException("--ca-file: '" + file + "' holds no certificate");
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new ApiException("--ca-file: cannot use '" + file + "': " + e.getMessage(), e);
    }
  }
}
