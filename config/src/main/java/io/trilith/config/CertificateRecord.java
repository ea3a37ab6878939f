package io.trilith.config;

import java.util.List;

/** A client's certificate, known by one of its subject alternative names. */
public record CertificateRecord(
    @Key(doc = "What it is called in the audit log; empty for its san.", value = "") String name,
    @Key(doc = "A subject alternative name, exactly: URI, DNS name, address or mail.", value = "")
        String san,
    @Key(doc = "What it may do.", value = "") List<String> scopes,
    @Key(doc = "Whose data; * for all, acme-* for all that begin so.", value = "")
        List<String> tenants) {
  public CertificateRecord {
    scopes = List.copyOf(scopes);
    tenants = List.copyOf(tenants);
    if (san.isEmpty()) {
      throw new IllegalArgumentException("san is missing");
    }
    name = name.isEmpty() ? san : name;
    CredentialRules.check(name, scopes, tenants);
  }
}
