package io.trilith.config;

import java.nio.file.Path;

/** A certificate and its key. */
public record TlsPairConfig(
    @Key(doc = "The certificate and those above it, PEM.", value = "") Path certFile,
    @Key(doc = "Its key, PEM.", value = "") Path keyFile) {
  public TlsPairConfig {
    if (certFile.toString().isEmpty() || keyFile.toString().isEmpty()) {
      throw new IllegalArgumentException("cert-file and key-file are given together");
    }
  }
}
