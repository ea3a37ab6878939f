package io.trilith.storage.object.s3;

import dev.failsafe.CircuitBreaker;
import io.trilith.config.S3Config;
import io.trilith.storage.error.StorageException;
import java.net.ConnectException;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Makes requests and tells what their failures mean: only an absent object is {@code Missing};
 * whatever else went wrong, the outcome is unknown. After too many failures in a row none are made
 * for a while, so that nobody waits for a bucket that is gone. Thread-safe.
 */
final class Requests {
  private static final int PRECONDITION_FAILED = 412;
  private static final int CONFLICT = 409;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  private final String bucket;
  private final CircuitBreaker<Object> breaker;
  private volatile String lastFailure = "";

  Requests(S3Config config) {
    this.bucket = config.bucket();
    this.breaker =
        CircuitBreaker.builder()
            .withFailureThreshold(config.breakerFailures())
            .withDelay(config.breakerPause())
            .withSuccessThreshold(1)
            .build();
  }

  /** Makes a request about a name. Answers of the server that say no are thrown as they are. */
  <T> T ask(String verb, String name, Supplier<T> request) {
    if (!breaker.tryAcquirePermit()) {
      throw unavailable(
          verb,
          name,
          new ConnectException("too many requests failed in a row, the last: " + lastFailure));
    }
    try {
      T answer = request.get();
      breaker.recordSuccess();
      return answer;
    } catch (AbortedException e) {
      // The interrupt of the one who asks says nothing of the bucket.
      breaker.recordSuccess();
      throw unavailable(verb, name, e);
    } catch (S3Exception e) {
      if (e.statusCode() < 500 && e.statusCode() >= 300) {
        breaker.recordSuccess();
      } else {
        failed(e);
      }
      throw meaning(verb, name, e);
    } catch (SdkException e) {
      failed(e);
      throw unavailable(verb, name, e);
    } catch (StorageException e) {
      breaker.recordSuccess();
      throw e;
    } catch (RuntimeException e) {
      failed(e);
      throw unavailable(verb, name, e);
    }
  }

  private void failed(RuntimeException e) {
    lastFailure = String.valueOf(e.getMessage());
    breaker.recordFailure();
  }

  /** Whether requests are made at all. */
  boolean isOpen() {
    return breaker.isOpen();
  }

  private RuntimeException meaning(String verb, String name, S3Exception e) {
    if (e.statusCode() == 404
        && !"NoSuchBucket".equals(code(e))
        && !"NoSuchUpload".equals(code(e))) {
      return new StorageException.Missing(name);
    }
    return switch (e.statusCode()) {
      case PRECONDITION_FAILED, CONFLICT, RANGE_NOT_SATISFIABLE -> e;
      default -> unavailable(verb, name, e);
    };
  }

  static boolean isTaken(S3Exception e) {
    return e.statusCode() == PRECONDITION_FAILED;
  }

  static boolean isRace(S3Exception e) {
    return e.statusCode() == CONFLICT;
  }

  static boolean isOutOfRange(S3Exception e) {
    return e.statusCode() == RANGE_NOT_SATISFIABLE;
  }

  static String code(S3Exception e) {
    return e.awsErrorDetails() == null ? "" : String.valueOf(e.awsErrorDetails().errorCode());
  }

  StorageException unavailable(String verb, String name, Exception cause) {
    return new StorageException.Unavailable(
        "cannot " + verb + " object " + name + " of bucket " + bucket, cause);
  }
}
