package io.trilith.rules.notify;

import io.trilith.config.ConfigException;
import io.trilith.config.RulesConfig;
import io.trilith.query.json.JsonWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Speaks version 2 of Alertmanager's API. Thread-safe. */
final class AlertmanagerClient {
  private static final int BODY_SHOWN = 200;

  private final HttpClient http;
  private final Duration timeout;
  private final String authorization;

  /** Throws ConfigException when the certificates cannot be read. */
  AlertmanagerClient(RulesConfig config) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(config.alertmanagerTimeout());
    if (!config.alertmanagerCaFile().isEmpty()) {
      builder.sslContext(trusting(Path.of(config.alertmanagerCaFile())));
    }
    http = builder.build();
    timeout = config.alertmanagerTimeout();
    authorization = authorization(config);
  }

  private static String authorization(RulesConfig config) {
    if (!config.alertmanagerBearerToken().value().isEmpty()) {
      return "Bearer " + config.alertmanagerBearerToken().value();
    }
    if (config.alertmanagerUsername().isEmpty()) {
      return "";
    }
    String both = config.alertmanagerUsername() + ":" + config.alertmanagerPassword().value();
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  private static SSLContext trusting(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int number = 0;
      for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca-" + number++, one);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException(
          "rules.alertmanager-ca-file: " + file + " cannot be used: " + e.getMessage(), e);
    }
  }

  /** Where alerts are posted to. */
  static String alertsUrl(String base) {
    return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/api/v2/alerts";
  }

  /** Sends alerts; throws when they were not accepted. */
  void send(String url, List<Notification> alerts) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("User-Agent", "Trilith")
            .POST(HttpRequest.BodyPublishers.ofByteArray(json(alerts)));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    HttpResponse<String> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    if (response.statusCode() / 100 != 2) {
      String body = response.body();
      throw new IOException(
          "HTTP "
              + response.statusCode()
              + " "
              + body.substring(0, Math.min(BODY_SHOWN, body.length())).strip());
    }
  }

  static byte[] json(List<Notification> alerts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginArray();
    for (Notification alert : alerts) {
      json.beginObject().name("annotations");
      texts(json, alert.annotations());
      json.name("endsAt").value(Instant.ofEpochMilli(alert.endsAt()).toString());
      json.name("startsAt").value(Instant.ofEpochMilli(alert.startsAt()).toString());
      json.name("generatorURL").value(alert.generatorUrl()).name("labels");
      texts(json, alert.labels().toMap());
      json.endObject();
    }
    json.endArray();
    json.flush();
    return bytes.toByteArray();
  }

  private static void texts(JsonWriter json, Map<String, String> texts) throws IOException {
    json.beginObject();
    for (Map.Entry<String, String> text : texts.entrySet()) {
      json.name(text.getKey()).value(text.getValue());
    }
    json.endObject();
  }
}
