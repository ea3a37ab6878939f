package io.trilith.net.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Reads certificates and keys out of PEM. */
final class PemFiles {
  /** AlgorithmIdentifier of RSA, without parameters. */
  private static final byte[] RSA = {
    0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
  };

  /** The object identifier of keys on elliptic curves. */
  private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};

  private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 0x04;
  private static final int OID = 0x06;

  private PemFiles() {}

  /** All certificates, in their order; at least one. */
  static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
    List<X509Certificate> chain = new ArrayList<>();
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (byte[] der : blocks(pem, "CERTIFICATE")) {
      if (factory.generateCertificate(new ByteArrayInputStream(der))
          instanceof X509Certificate certificate) {
        chain.add(certificate);
      }
    }
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("it holds no certificate");
    }
    return chain;
  }

  /** The first key: PKCS #8, or as OpenSSL wrote them before. */
  static PrivateKey key(byte[] pem) throws GeneralSecurityException {
    for (byte[] der : blocks(pem, "PRIVATE KEY")) {
      return of(der);
    }
    for (byte[] der : blocks(pem, "RSA PRIVATE KEY")) {
      return of(sequence(VERSION_0, RSA, element(OCTETS, der)));
    }
    for (byte[] der : blocks(pem, "EC PRIVATE KEY")) {
      byte[] algorithm = sequence(EC, curve(der));
      return of(sequence(VERSION_0, algorithm, element(OCTETS, der)));
    }
    throw new GeneralSecurityException("it holds no unencrypted private key");
  }

  private static PrivateKey of(byte[] pkcs8) throws GeneralSecurityException {
    GeneralSecurityException last = null;
    for (String algorithm : new String[] {"RSA", "EC", "Ed25519"}) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw new GeneralSecurityException("its key is none of RSA, EC and Ed25519", last);
  }

  /** The object identifier of the curve, which an EC key names in its first tagged field. */
  private static byte[] curve(byte[] key) throws GeneralSecurityException {
    for (int i = 0; i + 4 < key.length; i++) {
      if ((key[i] & 0xff) == 0xa0 && key[i + 2] == OID && key[i + 1] == key[i + 3] + 2) {
        return Arrays.copyOfRange(key, i + 2, Math.min(key.length, i + 4 + key[i + 3]));
      }
    }
    throw new GeneralSecurityException("its key names no curve");
  }

  private static List<byte[]> blocks(byte[] pem, String label) throws GeneralSecurityException {
    String text = new String(pem, StandardCharsets.US_ASCII);
    String begin = "-----BEGIN " + label + "-----";
    String end = "-----END " + label + "-----";
    List<byte[]> blocks = new ArrayList<>();
    for (int at = text.indexOf(begin); at >= 0; at = text.indexOf(begin, at + 1)) {
      int stop = text.indexOf(end, at);
      if (stop < 0) {
        throw new GeneralSecurityException("a block " + label + " has no end");
      }
      try {
        blocks.add(Base64.getMimeDecoder().decode(text.substring(at + begin.length(), stop)));
      } catch (IllegalArgumentException e) {
        throw new GeneralSecurityException("a block " + label + " is not base64", e);
      }
    }
    return blocks;
  }

  private static byte[] sequence(byte[]... parts) throws GeneralSecurityException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return element(SEQUENCE, all.toByteArray());
  }

  private static byte[] element(int tag, byte[] content) throws GeneralSecurityException {
    if (content.length > 0xffff) {
      throw new GeneralSecurityException("its key is too long");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      out.write(0x82);
      out.write(content.length >> 8);
      out.write(content.length & 0xff);
    }
    out.writeBytes(content);
    return out.toByteArray();
  }
}
