package io.trilith.net.identity;

import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.Resource;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Public keys of an issuer that are fetched: cached for five minutes and renewed ahead, at most one
 * fetch in ten seconds whatever keys tokens name, the last good ones for a day when their server is
 * away. No redirect is followed and no proxy of the environment used: a record names one place, and
 * only that one is asked.
 */
final class FetchedKeys {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int BYTES_MAX = 64 << 10;
  private static final long CACHED_MILLIS = Duration.ofMinutes(5).toMillis();
  private static final long REFRESH_PATIENCE_MILLIS = Duration.ofSeconds(5).toMillis();
  private static final long AHEAD_MILLIS = Duration.ofSeconds(30).toMillis();
  private static final long PAUSE_MILLIS = Duration.ofSeconds(10).toMillis();
  private static final long OUTAGE_MILLIS = Duration.ofHours(24).toMillis();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(PATIENCE)
          .build();

  private FetchedKeys() {}

  static JWKSource<SecurityContext> of(String url) {
    try {
      return JWKSourceBuilder.create(URI.create(url).toURL(), FetchedKeys::fetch)
          .cache(CACHED_MILLIS, REFRESH_PATIENCE_MILLIS)
          .refreshAheadCache(AHEAD_MILLIS, false)
          .rateLimited(PAUSE_MILLIS)
          .outageTolerant(OUTAGE_MILLIS)
          .build();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Resource fetch(URL url) throws IOException {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(url.toURI())
              .timeout(PATIENCE)
              .header("accept", "application/jwk-set+json, application/json")
              .build();
      // The timeout of a request ends with its head: that of the whole is kept here.
      HttpResponse<byte[]> answer =
          CLIENT
              .sendAsync(
                  request,
                  HttpResponse.BodyHandlers.limiting(
                      HttpResponse.BodyHandlers.ofByteArray(), BYTES_MAX))
              .get(PATIENCE.toMillis() * 2, TimeUnit.MILLISECONDS);
      if (answer.statusCode() != 200) {
        throw new IOException("status " + answer.statusCode());
      }
      return new Resource(new String(answer.body(), StandardCharsets.UTF_8), "application/json");
    } catch (URISyntaxException | ExecutionException | TimeoutException e) {
      throw new IOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("the server is stopping");
    }
  }
}
