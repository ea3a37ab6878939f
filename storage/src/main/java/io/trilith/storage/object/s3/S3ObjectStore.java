package io.trilith.storage.object.s3;

import io.trilith.config.ConfigException;
import io.trilith.config.S3Config;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectNames;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.object.RequestCounts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/**
 * Objects in a bucket of S3 or of what speaks like it. The caller's thread blocks; no request, its
 * repetitions included, takes more than {@code request-timeout}. A repeated create-if-absent may
 * find its own first attempt: "taken" then means that somebody has it, perhaps the caller.
 */
public final class S3ObjectStore implements ObjectStore, AutoCloseable {
  private static final int DELETED_AT_ONCE = 1000;
  private static final int RACES_MAX = 8;
  private static final long RACE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final S3Config config;
  private final String prefix;
  private final RequestCounts counts = new RequestCounts();
  private final Requests requests;
  private final S3Client client;

  /** Makes no request. */
  public S3ObjectStore(S3Config config) {
    this.config = config;
    this.prefix =
        config.prefix().isEmpty() || config.prefix().endsWith("/")
            ? config.prefix()
            : config.prefix() + "/";
    this.requests = new Requests(config);
    this.client = Clients.create(config, counts);
  }

  /** The requests made so far. */
  public RequestCounts counts() {
    return counts;
  }

  /** Whether requests are made, or too many failed in a row that none is made for a while. */
  public boolean isReachable() {
    return !requests.isOpen();
  }

  /**
   * Asks the bucket for one name.
   *
   * @throws ConfigException when the bucket answers that it is not there or not for us
   * @throws StorageException.Unavailable when there is no such answer
   */
  public void check() {
    try {
      client.listObjectsV2(
          ListObjectsV2Request.builder().bucket(config.bucket()).prefix(prefix).maxKeys(1).build());
    } catch (S3Exception e) {
      if (e.statusCode() >= 300 && e.statusCode() < 500 && e.statusCode() != 429) {
        throw new ConfigException(
            "storage.s3: bucket '"
                + config.bucket()
                + "' at '"
                + (config.endpoint().isEmpty() ? "AWS " + config.region() : config.endpoint())
                + "' refuses: "
                + Requests.code(e)
                + " (status "
                + e.statusCode()
                + "); check bucket, region, endpoint, access-key and secret-key",
            e);
      }
      throw requests.unavailable("list", prefix, e);
    } catch (software.amazon.awssdk.core.exception.SdkException e) {
      throw requests.unavailable("list", prefix, e);
    }
  }

  String key(String name) {
    return prefix + ObjectNames.check(name);
  }

  S3Client client() {
    return client;
  }

  S3Config config() {
    return config;
  }

  Requests requests() {
    return requests;
  }

  @Override
  public ObjectOutput create(String name) {
    return new S3Output(this, name, key(name));
  }

  void put(String name, ByteBuffer content) {
    PutObjectRequest request = putRequest(name, content).build();
    requests.ask("write", name, () -> client.putObject(request, body(content)));
  }

  @Override
  public boolean createIfAbsent(String name, ByteBuffer content) {
    PutObjectRequest request = putRequest(name, content).ifNoneMatch("*").build();
    for (int race = 0; ; race++) {
      try {
        requests.ask("create", name, () -> client.putObject(request, body(content)));
        return true;
      } catch (S3Exception e) {
        if (Requests.isTaken(e)) {
          return false;
        }
        if (!Requests.isRace(e) || race == RACES_MAX) {
          throw requests.unavailable("create", name, e);
        }
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(RACE_PAUSE_NANOS << race));
      }
    }
  }

  private PutObjectRequest.Builder putRequest(String name, ByteBuffer content) {
    PutObjectRequest.Builder request =
        PutObjectRequest.builder()
            .bucket(config.bucket())
            .key(key(name))
            .contentLength((long) content.remaining())
            .checksumCRC32C(checksum(content));
    if (encryption() != null) {
      request.serverSideEncryption(encryption());
    }
    return kmsKey().isEmpty() ? request : request.ssekmsKeyId(kmsKey());
  }

  @Nullable ServerSideEncryption encryption() {
    return switch (config.sse()) {
      case NONE -> null;
      case AES256 -> ServerSideEncryption.AES256;
      case KMS -> ServerSideEncryption.AWS_KMS;
    };
  }

  String kmsKey() {
    return config.sse() == S3Config.Sse.KMS ? config.sseKmsKey() : "";
  }

  /** In the bytes' order that S3 wants. */
  private static String checksum(ByteBuffer content) {
    ByteBuffer crc = ByteBuffer.allocate(4).putInt(0, Crc.of(content.duplicate()));
    return Base64.getEncoder().encodeToString(crc.array());
  }

  static RequestBody body(ByteBuffer content) {
    return RequestBody.fromRemainingByteBuffer(content.duplicate());
  }

  @Override
  public ByteBuffer read(String name) {
    return get(name, "").bytes();
  }

  @Override
  public ByteBuffer readRange(String name, long offset, int length) {
    if (offset < 0 || length < 0) {
      throw new StorageException.Corrupt(name, offset, length + " bytes wanted");
    }
    if (length == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    try {
      Tail part = get(name, "bytes=" + offset + "-" + (offset + length - 1));
      if (part.bytes().remaining() < length) {
        throw tooShort(name, offset, length, part.objectSize());
      }
      return part.bytes();
    } catch (S3Exception e) {
      if (Requests.isOutOfRange(e)) {
        throw tooShort(name, offset, length, -1);
      }
      throw requests.unavailable("read", name, e);
    }
  }

  private static StorageException tooShort(String name, long offset, int length, long end) {
    return new StorageException.Corrupt(
        name,
        offset,
        length + " bytes wanted, the object ends " + (end < 0 ? "before" : "at " + end));
  }

  @Override
  public Tail readTail(String name, int length) {
    try {
      return get(name, "bytes=-" + Math.max(1, length));
    } catch (S3Exception e) {
      if (Requests.isOutOfRange(e)) {
        return new Tail(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN), 0);
      }
      throw requests.unavailable("read", name, e);
    }
  }

  /** The bytes that were sent, all of those that were announced, and the object's size. */
  private Tail get(String name, String range) {
    String key = key(name);
    return requests.ask(
        "read",
        name,
        () -> {
          ResponseBytes<GetObjectResponse> answer =
              client.getObject(
                  get -> {
                    get.bucket(config.bucket()).key(key);
                    if (!range.isEmpty()) {
                      get.range(range);
                    }
                  },
                  ResponseTransformer.toBytes());
          ByteBuffer bytes =
              ByteBuffer.wrap(answer.asByteArrayUnsafe()).order(ByteOrder.LITTLE_ENDIAN);
          Long announced = answer.response().contentLength();
          if (announced != null && announced != bytes.remaining()) {
            throw requests.unavailable(
                "read",
                name,
                new IOException(bytes.remaining() + " of " + announced + " bytes came"));
          }
          return new Tail(bytes, size(answer.response().contentRange(), bytes.remaining()));
        });
  }

  /** The size at the end of {@code bytes 0-9/123}; without a range the whole object was sent. */
  private static long size(@Nullable String range, int sent) {
    int slash = range == null ? -1 : range.lastIndexOf('/');
    if (range == null || slash < 0) {
      return sent;
    }
    try {
      return Long.parseLong(range.substring(slash + 1));
    } catch (NumberFormatException e) {
      return sent;
    }
  }

  @Override
  public List<Entry> list(String names) {
    List<Entry> entries = new ArrayList<>();
    String token = null;
    do {
      ListObjectsV2Request request =
          ListObjectsV2Request.builder()
              .bucket(config.bucket())
              .prefix(prefix + names)
              .continuationToken(token)
              .build();
      ListObjectsV2Response page = requests.ask("list", names, () -> client.listObjectsV2(request));
      for (S3Object object : page.contents()) {
        entries.add(new Entry(object.key().substring(prefix.length()), object.size()));
      }
      token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (token != null);
    entries.sort(Comparator.comparing(Entry::name));
    return entries;
  }

  @Override
  public void delete(String name) {
    String key = key(name);
    try {
      requests.ask(
          "delete", name, () -> client.deleteObject(one -> one.bucket(config.bucket()).key(key)));
    } catch (StorageException.Missing e) {
      // Some servers say so; it is what was wanted.
      return;
    } catch (S3Exception e) {
      throw requests.unavailable("delete", name, e);
    }
  }

  @Override
  public void deleteAll(List<String> names) {
    for (int from = 0; from < names.size(); from += DELETED_AT_ONCE) {
      List<String> some = names.subList(from, Math.min(names.size(), from + DELETED_AT_ONCE));
      List<ObjectIdentifier> keys =
          some.stream().map(name -> ObjectIdentifier.builder().key(key(name)).build()).toList();
      DeleteObjectsResponse answer;
      try {
        answer =
            requests.ask(
                "delete",
                some.getFirst(),
                () ->
                    client.deleteObjects(
                        all ->
                            all.bucket(config.bucket())
                                .delete(those -> those.objects(keys).quiet(true))));
      } catch (S3Exception e) {
        throw requests.unavailable("delete", some.getFirst(), e);
      }
      for (S3Error error : answer.errors()) {
        if (!"NoSuchKey".equals(error.code())) {
          throw requests.unavailable(
              "delete",
              String.valueOf(error.key()),
              new IOException(error.code() + ": " + error.message()));
        }
      }
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
