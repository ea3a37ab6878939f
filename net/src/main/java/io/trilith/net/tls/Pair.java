package io.trilith.net.tls;

import io.netty.handler.ssl.SslContext;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Locale;

/** A certificate with its key, ready to serve. Immutable. */
record Pair(X509Certificate certificate, SslContext context, List<String> names) {
  Pair {
    names = List.copyOf(names);
  }

  /** Whether it is for a name that a client asks for. */
  boolean isFor(String host) {
    String asked = host.toLowerCase(Locale.ROOT);
    for (String name : names) {
      int dot = asked.indexOf('.');
      boolean below =
          name.startsWith("*.") && dot > 0 && asked.substring(dot + 1).equals(name.substring(2));
      if (below || name.equals(asked)) {
        return true;
      }
    }
    return false;
  }

  /** Signs with the one and verifies with the other. */
  static void checkFit(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> "Ed25519";
        };
    byte[] message = {1, 2, 3, 4};
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(message);
    byte[] signature = signing.sign();
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certificate.getPublicKey());
    verifying.update(message);
    if (!verifying.verify(signature)) {
      throw new GeneralSecurityException("the key is not the certificate's");
    }
  }
}
