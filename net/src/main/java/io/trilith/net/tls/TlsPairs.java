package io.trilith.net.tls;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.ConfigException;
import io.trilith.config.TlsConfig;
import io.trilith.config.TlsPairConfig;
import io.trilith.net.identity.AccessMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates that are served, as their files were when last good. A pair of files is taken
 * over when both fit: half of a renewal, or a broken file, leaves the old pair. {@link #reload} is
 * for one thread; the rest is thread-safe.
 */
public final class TlsPairs {
  private static final Logger log = LoggerFactory.getLogger(TlsPairs.class);
  private static final int FILE_MAX = 1 << 20;

  /**
   * HTTP/1.1 wherever it is offered: clients written in Go offer h2 beside it and would speak REST
   * over it. h2 alone is gRPC.
   */
  private static final String[] PROTOCOLS = {"http/1.1", "h2"};

  private final TlsConfig config;
  private final List<String> allowedSans;
  private final AccessMetrics metrics;
  private final InstantSource clock;
  private final List<TlsPairConfig> files;
  private final AtomicReferenceArray<Pair> pairs;
  private final byte[][] digests;
  private final String[] complaints;

  /**
   * Reads them; throws ConfigException naming the file that is wrong.
   *
   * @param allowedSans of clients' certificates; empty for all that the authority signed
   */
  public TlsPairs(
      TlsConfig config,
      List<String> allowedSans,
      AccessMetrics metrics,
      PrometheusRegistry registry,
      InstantSource clock) {
    this.config = config;
    this.allowedSans = List.copyOf(allowedSans);
    this.metrics = metrics;
    this.clock = clock;
    this.files = config.pairs();
    this.pairs = new AtomicReferenceArray<>(files.size());
    this.digests = new byte[files.size()][];
    this.complaints = new String[files.size()];
    Arrays.fill(complaints, "");
    for (int i = 0; i < files.size(); i++) {
      byte[] content = content(files.get(i));
      Pair pair = load(files.get(i));
      digests[i] = content;
      pairs.set(i, pair);
      warnOfTime(files.get(i), pair.certificate());
    }
    register(registry);
  }

  private void register(PrometheusRegistry registry) {
    GaugeWithCallback.builder()
        .name("trilith_tls_certificate_not_after_seconds")
        .help("When the first of the certificates that are served ends, in Unix time.")
        .callback(
            callback ->
                callback.call(all().stream().mapToDouble(TlsPairs::end).min().orElse(Double.NaN)))
        .register(registry);
    GaugeWithCallback.builder()
        .name("trilith_tls_pair_not_after_seconds")
        .help("When each certificate that is served ends, in Unix time.")
        .labelNames("cert_file")
        .callback(
            callback -> {
              for (int i = 0; i < files.size(); i++) {
                callback.call(end(pairs.get(i)), files.get(i).certFile().toString());
              }
            })
        .register(registry);
  }

  private List<Pair> all() {
    List<Pair> all = new ArrayList<>();
    for (int i = 0; i < pairs.length(); i++) {
      all.add(pairs.get(i));
    }
    return all;
  }

  private static double end(Pair pair) {
    return pair.certificate().getNotAfter().toInstant().getEpochSecond();
  }

  private void warnOfTime(TlsPairConfig pair, X509Certificate certificate) {
    Instant now = clock.instant();
    if (now.isAfter(certificate.getNotAfter().toInstant())) {
      log.error(
          "tls.cert-file: '{}' expired at {}: it is served, and clients will refuse it",
          pair.certFile(),
          certificate.getNotAfter().toInstant());
    }
  }

  /** What serves a client that asks for a name; the first pair when it asks for none or another. */
  public SslContext contextFor(@Nullable String host) {
    if (host != null) {
      for (Pair pair : all()) {
        if (pair.isFor(host)) {
          return pair.context();
        }
      }
    }
    return pairs.get(0).context();
  }

  /** Whether a client's certificate with these names is talked to. */
  public boolean isAllowed(List<String> names) {
    return allowedSans.isEmpty() || names.stream().anyMatch(allowedSans::contains);
  }

  /** Takes over pairs whose files have changed and fit. */
  public void reload() {
    for (int i = 0; i < files.size(); i++) {
      TlsPairConfig file = files.get(i);
      try {
        byte[] content = content(file);
        if (!Arrays.equals(content, digests[i])) {
          Pair pair = load(file);
          checkTime(file, pair.certificate());
          // Written to between the two readings: the next turn sees it whole.
          if (Arrays.equals(content, content(file))) {
            pairs.set(i, pair);
            digests[i] = content;
            log.info(
                "tls.cert-file: '{}' was read again, it ends at {}",
                file.certFile(),
                pair.certificate().getNotAfter().toInstant());
          }
        }
        complaints[i] = "";
      } catch (ConfigException e) {
        metrics.reloadFailed("tls");
        String reason = String.valueOf(e.getMessage());
        if (!reason.equals(complaints[i])) {
          log.error("a changed certificate is not taken over, the old one goes on: {}", reason);
          complaints[i] = reason;
        }
      }
    }
  }

  private void checkTime(TlsPairConfig file, X509Certificate certificate) {
    Instant now = clock.instant();
    if (now.isAfter(certificate.getNotAfter().toInstant())
        || now.isBefore(certificate.getNotBefore().toInstant())) {
      throw new ConfigException("tls.cert-file: '" + file.certFile() + "' is not in its time");
    }
  }

  private byte[] content(TlsPairConfig pair) {
    byte[] certificate = read("tls.cert-file", pair.certFile());
    byte[] key = read("tls.key-file", pair.keyFile());
    byte[] authority =
        config.clientAuth() == TlsConfig.ClientAuth.NONE
            ? new byte[0]
            : read("tls.client-ca-file", config.clientCaFile());
    byte[] all = Arrays.copyOf(certificate, certificate.length + key.length + authority.length);
    System.arraycopy(key, 0, all, certificate.length, key.length);
    System.arraycopy(authority, 0, all, certificate.length + key.length, authority.length);
    return all;
  }

  private static byte[] read(String key, Path file) {
    try {
      if (Files.size(file) > FILE_MAX) {
        throw new ConfigException(key + ": '" + file + "' is larger than 1MiB");
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new ConfigException(
          key + ": '" + file + "' cannot be read: " + e.getClass().getSimpleName(), e);
    }
  }

  private Pair load(TlsPairConfig pair) {
    List<X509Certificate> chain = certificates("tls.cert-file", pair.certFile());
    PrivateKey key;
    try {
      key = PemFiles.key(read("tls.key-file", pair.keyFile()));
      Pair.checkFit(chain.getFirst(), key);
    } catch (GeneralSecurityException e) {
      throw new ConfigException(
          "tls.key-file: '"
              + pair.keyFile()
              + "' does not serve tls.cert-file '"
              + pair.certFile()
              + "': "
              + e.getMessage(),
          e);
    }
    try {
      SslContext context = context(chain, key);
      List<String> names =
          CertificateNames.of(chain.getFirst()).stream()
              .map(name -> name.toLowerCase(Locale.ROOT))
              .toList();
      return new Pair(chain.getFirst(), context, names);
    } catch (SSLException e) {
      throw new ConfigException(
          "tls.cert-file: '" + pair.certFile() + "' cannot be served: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> certificates(String key, Path file) {
    try {
      return PemFiles.certificates(read(key, file));
    } catch (GeneralSecurityException e) {
      throw new ConfigException(key + ": '" + file + "' is wrong: " + e.getMessage(), e);
    }
  }

  private SslContext context(List<X509Certificate> chain, PrivateKey key) throws SSLException {
    SslContextBuilder builder =
        SslContextBuilder.forServer(key, chain)
            .sslProvider(SslProvider.JDK)
            .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
            .protocols(
                config.minVersion() == TlsConfig.Version.V1_3
                    ? List.of("TLSv1.3")
                    : List.of("TLSv1.3", "TLSv1.2"))
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    ApplicationProtocolConfig.Protocol.ALPN,
                    ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                    ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                    PROTOCOLS));
    switch (config.clientAuth()) {
      case NONE -> builder.clientAuth(ClientAuth.NONE);
      case REQUEST -> builder.clientAuth(ClientAuth.OPTIONAL).trustManager(authorities());
      case REQUIRE -> builder.clientAuth(ClientAuth.REQUIRE).trustManager(authorities());
    }
    return builder.build();
  }

  private List<X509Certificate> authorities() {
    return certificates("tls.client-ca-file", config.clientCaFile());
  }
}
