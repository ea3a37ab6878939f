package io.trilith.server;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.trilith.config.AuthConfig;
import io.trilith.config.TlsConfig;
import io.trilith.config.TrilithConfig;
import io.trilith.config.WebConfig;
import io.trilith.net.NetServer;
import io.trilith.net.identity.AccessControl;
import io.trilith.net.identity.AccessMetrics;
import io.trilith.net.identity.AuditLog;
import io.trilith.net.identity.Credentials;
import io.trilith.net.tls.TlsPairs;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may come in and by which certificate, of one server. Says at the start when all may. */
final class ServedAccess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ServedAccess.class);

  private final AccessMetrics metrics;
  private final AccessControl control;
  private final @Nullable Credentials credentials;
  private final @Nullable TlsPairs tls;

  /** Throws ConfigException when a file is missing or wrong. */
  ServedAccess(TrilithConfig config, PrometheusRegistry registry, InstantSource clock) {
    AuthConfig auth = config.auth();
    metrics = new AccessMetrics(registry);
    credentials = auth.isRequired() ? new Credentials(auth.file(), metrics, clock) : null;
    WebConfig web = credentials == null ? WebConfig.none() : credentials.webConfig();
    TlsConfig served = config.tls().isOn() ? config.tls() : web.tls();
    tls = served.isOn() ? new TlsPairs(served, web.allowedSans(), metrics, registry, clock) : null;
    control =
        new AccessControl(
            auth,
            credentials,
            config.tenancy().multi(),
            new AuditLog(config.audit(), metrics),
            metrics,
            clock);
    tell(auth);
  }

  private static void tell(AuthConfig auth) {
    if (auth.isRequired()) {
      return;
    }
    if (auth.openNetwork()) {
      log.warn(
          "no authentication, and other machines can reach this server: auth.mode is none and"
              + " auth.open-network is true; what stands in front of it must authenticate");
    } else {
      log.info(
          "no authentication: auth.mode is none, everyone on this machine may read, write and"
              + " delete; auth.file changes that");
    }
  }

  NetServer.Protection protection() {
    return new NetServer.Protection(control, tls);
  }

  /** Counts files of a section that were wrong when they were read again. */
  void reloadFailed(String section) {
    metrics.reloadFailed(section);
  }

  void reloadCredentials() {
    if (credentials != null) {
      credentials.reload();
    }
  }

  void reloadCertificates() {
    if (tls != null) {
      tls.reload();
    }
  }

  @Override
  public void close() {
    control.close();
  }
}
