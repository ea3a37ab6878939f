package io.trilith.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Encryption of all three listeners. */
public record TlsConfig(
    @Key(
            doc = "The certificate and those above it, PEM. Empty: the listeners speak plain.",
            value = "")
        Path certFile,
    @Key(doc = "The certificate's key, PEM.", value = "") Path keyFile,
    @Key(doc = "The oldest version that is spoken: TLS1.2 or TLS1.3.", value = "TLS1.2")
        Version minVersion,
    @Key(doc = "How often the files are looked at for changes.", value = "10s") Duration reload,
    @Key(
            doc =
                "none: clients show no certificate. request: they may. require: who shows none that client-ca-file signed is not talked to.",
            value = "none")
        ClientAuth clientAuth,
    @Key(doc = "Who signs clients' certificates, PEM.", value = "") Path clientCaFile,
    @Key(
            doc =
                "Further pairs, {cert-file, key-file}, chosen by the name a client asks for; names that none has get the first.",
            value = "")
        List<TlsPairConfig> certificates) {
  /** The oldest version. */
  public enum Version {
    V1_2("TLS1.2"),
    V1_3("TLS1.3");

    private final String text;

    Version(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Whether clients show certificates. */
  public enum ClientAuth {
    NONE,
    REQUEST,
    REQUIRE
  }

  public TlsConfig {
    certificates = List.copyOf(certificates);
    boolean cert = !certFile.toString().isEmpty();
    if (cert != !keyFile.toString().isEmpty()) {
      throw new IllegalArgumentException("cert-file and key-file are given together");
    }
    if (!cert && !certificates.isEmpty()) {
      throw new IllegalArgumentException("certificates without cert-file: the first goes there");
    }
    boolean authority = !clientCaFile.toString().isEmpty();
    if (clientAuth != ClientAuth.NONE && !(cert && authority)) {
      throw new IllegalArgumentException(
          "client-auth needs cert-file and client-ca-file, which says whose certificates count");
    }
    if (clientAuth == ClientAuth.NONE && authority) {
      throw new IllegalArgumentException(
          "client-ca-file is given and client-auth is none: set it to request or require");
    }
  }

  public boolean isOn() {
    return !certFile.toString().isEmpty();
  }

  /** All pairs, the one for unknown names first. */
  public List<TlsPairConfig> pairs() {
    List<TlsPairConfig> pairs = new ArrayList<>();
    if (isOn()) {
      pairs.add(new TlsPairConfig(certFile, keyFile));
    }
    pairs.addAll(certificates);
    return pairs;
  }
}
