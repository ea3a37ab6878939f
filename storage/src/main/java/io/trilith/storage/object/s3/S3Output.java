package io.trilith.storage.object.s3;

import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** An object on its way into the bucket: one request, or several parts when it is large. */
final class S3Output implements ObjectOutput {
  private static final Logger log = LoggerFactory.getLogger(S3Output.class);

  private final S3ObjectStore store;
  private final String name;
  private final String key;
  private final int partSize;
  private final List<CompletedPart> parts = new ArrayList<>();
  private ByteWriter part = new ByteWriter();
  private long position;
  private @Nullable String upload;
  private boolean committed;

  S3Output(S3ObjectStore store, String name, String key) {
    this.store = store;
    this.name = name;
    this.key = key;
    this.partSize = Math.toIntExact(store.config().multipartSize().bytes());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void write(ByteBuffer bytes) {
    position += bytes.remaining();
    while (bytes.hasRemaining()) {
      if (part.size() == partSize) {
        sendPart();
      }
      int count = Math.min(bytes.remaining(), partSize - part.size());
      part.putBytes(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
    }
  }

  @Override
  public long position() {
    return position;
  }

  private void sendPart() {
    String id = upload == null ? start() : upload;
    upload = id;
    int number = parts.size() + 1;
    ByteBuffer content = part.view();
    UploadPartResponse answer =
        ask(
            () ->
                store
                    .client()
                    .uploadPart(
                        one ->
                            one.bucket(store.config().bucket())
                                .key(key)
                                .uploadId(id)
                                .partNumber(number),
                        S3ObjectStore.body(content)));
    parts.add(
        CompletedPart.builder()
            .partNumber(number)
            .eTag(answer.eTag())
            .checksumCRC32(answer.checksumCRC32())
            .build());
    part.clear();
  }

  private String start() {
    return ask(() ->
            store
                .client()
                .createMultipartUpload(
                    one -> {
                      one.bucket(store.config().bucket()).key(key);
                      if (store.encryption() != null) {
                        one.serverSideEncryption(store.encryption());
                      }
                      if (!store.kmsKey().isEmpty()) {
                        one.ssekmsKeyId(store.kmsKey());
                      }
                    }))
        .uploadId();
  }

  private <T> T ask(java.util.function.Supplier<T> request) {
    try {
      return store.requests().ask("write", name, request);
    } catch (S3Exception e) {
      throw store.requests().unavailable("write", name, e);
    }
  }

  @Override
  public void commit() {
    if (upload == null) {
      try {
        store.put(name, part.view());
      } catch (S3Exception e) {
        throw store.requests().unavailable("write", name, e);
      }
    } else {
      sendPart();
      complete(upload);
    }
    committed = true;
  }

  private void complete(String id) {
    try {
      ask(
          () ->
              store
                  .client()
                  .completeMultipartUpload(
                      one ->
                          one.bucket(store.config().bucket())
                              .key(key)
                              .uploadId(id)
                              .multipartUpload(all -> all.parts(parts))));
    } catch (StorageException e) {
      // A first attempt whose answer was lost has made the object; names are used once.
      if (!isThere(e)) {
        throw e;
      }
    }
  }

  private boolean isThere(StorageException cause) {
    try {
      return store.readTail(name, 1).objectSize() == position;
    } catch (StorageException e) {
      cause.addSuppressed(e);
      return false;
    }
  }

  @Override
  public void close() {
    String id = upload;
    if (committed || id == null) {
      return;
    }
    upload = null;
    try {
      ask(
          () ->
              store
                  .client()
                  .abortMultipartUpload(
                      one -> one.bucket(store.config().bucket()).key(key).uploadId(id)));
    } catch (StorageException e) {
      // The bucket's own rule for unfinished uploads is the second net.
      log.warn("cannot give up an unfinished upload: {}", e.getMessage());
    }
  }
}
