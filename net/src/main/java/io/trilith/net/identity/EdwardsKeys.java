package io.trilith.net.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jca.JCAContext;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Base64URL;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * EdDSA by the JDK. The library that reads JSON web tokens leaves it to another one, which we do
 * not carry.
 */
final class EdwardsKeys extends JWSVerificationKeySelector<SecurityContext> {
  /** What X.509 puts before the 32 bytes of an Ed25519 key. */
  private static final byte[] PREFIX = {0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0};

  private static final int KEY_BYTES = 32;
  private static final int SIGNATURE_BYTES = 64;

  private final JWKSource<SecurityContext> source;

  EdwardsKeys(Set<JWSAlgorithm> algorithms, JWKSource<SecurityContext> source) {
    super(algorithms, source);
    this.source = source;
  }

  @Override
  public List<Key> selectJWSKeys(JWSHeader header, @Nullable SecurityContext context)
      throws KeySourceException {
    if (!header.getAlgorithm().equals(JWSAlgorithm.EdDSA)) {
      return super.selectJWSKeys(header, context);
    }
    List<Key> keys = new ArrayList<>();
    JWKMatcher matcher = isAllowed(JWSAlgorithm.EdDSA) ? createJWKMatcher(header) : null;
    if (matcher != null) {
      for (JWK one : source.get(new JWKSelector(matcher), context)) {
        if (one instanceof OctetKeyPair pair && Curve.Ed25519.equals(pair.getCurve())) {
          keys.add(key(pair));
        }
      }
    }
    return keys;
  }

  private static PublicKey key(OctetKeyPair pair) throws KeySourceException {
    byte[] x = pair.getX().decode();
    byte[] encoded = new byte[PREFIX.length + KEY_BYTES];
    if (x.length != KEY_BYTES) {
      throw new KeySourceException("a key of " + x.length + " bytes");
    }
    System.arraycopy(PREFIX, 0, encoded, 0, PREFIX.length);
    System.arraycopy(x, 0, encoded, PREFIX.length, KEY_BYTES);
    try {
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    } catch (GeneralSecurityException e) {
      throw new KeySourceException("a key that is no point of the curve", e);
    }
  }

  /** Makes verifiers: for EdDSA ours, for all else the library's. */
  static final class Verifiers extends DefaultJWSVerifierFactory {
    @Override
    public JWSVerifier createJWSVerifier(JWSHeader header, Key key) throws JOSEException {
      return header.getAlgorithm().equals(JWSAlgorithm.EdDSA) && key instanceof PublicKey open
          ? new Verifier(open)
          : super.createJWSVerifier(header, key);
    }
  }

  /** Verifies by one key. */
  private record Verifier(PublicKey key) implements JWSVerifier {
    @Override
    public boolean verify(JWSHeader header, byte[] input, Base64URL signature) {
      try {
        byte[] bytes = signature.decode();
        Signature verifying = Signature.getInstance("Ed25519");
        verifying.initVerify(key);
        verifying.update(input);
        return bytes.length == SIGNATURE_BYTES && verifying.verify(bytes);
      } catch (GeneralSecurityException e) {
        return false;
      }
    }

    @Override
    public Set<JWSAlgorithm> supportedJWSAlgorithms() {
      return Set.of(JWSAlgorithm.EdDSA);
    }

    @Override
    public JCAContext getJCAContext() {
      return new JCAContext();
    }
  }
}
