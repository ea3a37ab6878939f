package io.trilith.config;

import java.time.Duration;

/** The bucket of storage kind 's3', on AWS or anything that speaks its protocol. */
public record S3Config(
    @Key(doc = "Name of the bucket; it must exist. Needed for kind 's3'.", value = "")
        String bucket,
    @Key(
            doc = "URL of the server, such as http://127.0.0.1:9000; empty for AWS in the region.",
            value = "")
        String endpoint,
    @Key(doc = "Region that requests are signed for.", value = "us-east-1") String region,
    @Key(
            doc =
                "Put the bucket into the path of URLs instead of the host name, as most servers other than AWS need.",
            value = "false")
        boolean pathStyle,
    @Key(doc = "Begins the names of all objects, so that a bucket can be shared.", value = "")
        String prefix,
    @Key(
            doc =
                "Access key. When it and the secret key are empty, AWS's usual places are asked: environment, profile"
                    + " file, web identity, container and instance metadata.",
            value = "")
        Secret accessKey,
    @Key(doc = "Secret key that belongs to the access key.", value = "") Secret secretKey,
    @Key(doc = "Session token that belongs to the keys, if there is one.", value = "")
        Secret sessionToken,
    @Key(
            doc =
                "Encryption at rest that is asked for: 'none' leaves it to the bucket's default, 'aes256' is SSE-S3,"
                    + " 'kms' is SSE-KMS.",
            value = "none")
        Sse sse,
    @Key(doc = "Key of sse 'kms'; empty for the account's default key.", value = "")
        String sseKmsKey,
    @Key(doc = "Longest wait for a connection.", value = "3s") Duration connectTimeout,
    @Key(doc = "Longest time of one attempt of a request, at most 30s.", value = "10s")
        Duration attemptTimeout,
    @Key(doc = "Longest time of a request with all its attempts, at most 30s.", value = "30s")
        Duration requestTimeout,
    @Key(
            doc = "Attempts after the first, with growing pauses of random length between them.",
            value = "4")
        int retries,
    @Key(doc = "Connections at most.", value = "64") int connectionsMax,
    @Key(
            doc =
                "Size from which objects are uploaded in parts of that size; 5MiB at least. One part is in memory.",
            value = "16MiB")
        ByteSize multipartSize,
    @Key(
            doc = "Requests that fail in a row, all attempts included, until no more are made.",
            value = "5")
        int breakerFailures,
    @Key(doc = "Pause after that until one request tries whether the bucket is back.", value = "2s")
        Duration breakerPause) {
  private static final Duration LONGEST = Duration.ofSeconds(30);

  public S3Config {
    check("connect-timeout", connectTimeout);
    check("attempt-timeout", attemptTimeout);
    check("request-timeout", requestTimeout);
    if (accessKey.value().isEmpty() != secretKey.value().isEmpty()) {
      throw new IllegalArgumentException(
          "access-key and secret-key are given together or not at all");
    }
    if (connectionsMax < 1 || breakerFailures < 1) {
      throw new IllegalArgumentException("connections-max and breaker-failures are at least 1");
    }
    if (multipartSize.bytes() < 5 << 20 || multipartSize.bytes() > 1 << 30) {
      throw new IllegalArgumentException("multipart-size is between 5MiB and 1GiB");
    }
    if (breakerPause.isZero()) {
      throw new IllegalArgumentException("breaker-pause is longer than 0");
    }
    boolean fine = !prefix.startsWith("/") && !prefix.contains("//") && !prefix.contains("..");
    if (!fine) {
      throw new IllegalArgumentException(
          "prefix '" + prefix + "' begins with a slash or holds // or ..");
    }
  }

  /** Another bucket, reached in the same way. */
  public S3Config at(String otherBucket, String otherPrefix) {
    return new S3Config(
        otherBucket,
        endpoint,
        region,
        pathStyle,
        otherPrefix,
        accessKey,
        secretKey,
        sessionToken,
        sse,
        sseKmsKey,
        connectTimeout,
        attemptTimeout,
        requestTimeout,
        retries,
        connectionsMax,
        multipartSize,
        breakerFailures,
        breakerPause);
  }

  /** Who encrypts with what. */
  public enum Sse {
    NONE,
    AES256,
    KMS
  }

  private static void check(String key, Duration duration) {
    if (duration.isZero() || duration.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(key + " is longer than 0 and at most 30s");
    }
  }
}
