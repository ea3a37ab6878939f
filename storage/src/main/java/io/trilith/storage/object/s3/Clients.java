package io.trilith.storage.object.s3;

import io.trilith.config.S3Config;
import io.trilith.storage.object.RequestCounts;
import java.net.URI;
import java.time.Duration;
import javax.xml.stream.XMLStreamException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;

/** Makes clients as the configuration asks for. */
final class Clients {
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

  private Clients() {}

  static S3Client create(S3Config config, RequestCounts counts) {
    S3ClientBuilder builder =
        S3Client.builder()
            .region(Region.of(config.region()))
            .credentialsProvider(credentials(config))
            .forcePathStyle(config.pathStyle())
            // A body is in memory before it is sent: nothing is saved by asking first.
            .serviceConfiguration(S3Configuration.builder().expectContinueEnabled(false).build())
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .connectionTimeout(config.connectTimeout())
                    .connectionAcquisitionTimeout(config.attemptTimeout())
                    .socketTimeout(config.attemptTimeout())
                    .maxConnections(config.connectionsMax())
                    .expectContinueEnabled(false)
                    .tcpKeepAlive(true))
            .overrideConfiguration(
                override ->
                    override
                        .apiCallTimeout(config.requestTimeout())
                        .apiCallAttemptTimeout(config.attemptTimeout())
                        .retryStrategy(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(config.retries() + 1)
                                // The SDK asks once only for an answer that breaks off in its XML.
                                .retryOnExceptionOrCauseInstanceOf(XMLStreamException.class)
                                .backoffStrategy(
                                    BackoffStrategy.exponentialDelay(SHORTEST_PAUSE, LONGEST_PAUSE))
                                .throttlingBackoffStrategy(
                                    BackoffStrategy.exponentialDelay(SHORTEST_PAUSE, LONGEST_PAUSE))
                                // The store has a breaker of its own, which knows all requests.
                                .circuitBreakerEnabled(false)
                                .build())
                        .addExecutionInterceptor(new Counting(counts)));
    if (!config.endpoint().isEmpty()) {
      builder.endpointOverride(URI.create(config.endpoint()));
    }
    return builder.build();
  }

  private static AwsCredentialsProvider credentials(S3Config config) {
    String key = config.accessKey().value();
    String secret = config.secretKey().value();
    if (key.isEmpty()) {
      return DefaultCredentialsProvider.builder().build();
    }
    return StaticCredentialsProvider.create(
        config.sessionToken().value().isEmpty()
            ? AwsBasicCredentials.create(key, secret)
            : AwsSessionCredentials.create(key, secret, config.sessionToken().value()));
  }

  /** Sees each attempt. */
  private record Counting(RequestCounts counts) implements ExecutionInterceptor {
    @Override
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes about) {
      String name = about.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
      counts.add(
          switch (name == null ? "" : name) {
            case "GetObject" -> RequestCounts.Operation.GET;
            case "PutObject" -> RequestCounts.Operation.PUT;
            case "CreateMultipartUpload",
                "UploadPart",
                "CompleteMultipartUpload",
                "AbortMultipartUpload" ->
                RequestCounts.Operation.MULTIPART;
            case "ListObjectsV2" -> RequestCounts.Operation.LIST;
            case "DeleteObject", "DeleteObjects" -> RequestCounts.Operation.DELETE;
            default -> RequestCounts.Operation.OTHER;
          });
    }
  }
}
