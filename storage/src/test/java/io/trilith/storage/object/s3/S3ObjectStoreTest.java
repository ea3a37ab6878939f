package io.trilith.storage.object.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ByteSize;
import io.trilith.config.ConfigException;
import io.trilith.config.S3Config;
import io.trilith.config.Secret;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.object.ObjectOutput;
import io.trilith.storage.object.ObjectStore;
import io.trilith.storage.object.ObjectStoreContract;
import io.trilith.storage.object.RequestCounts;
import io.trilith.testing.s3.FaultProxy;
import io.trilith.testing.s3.S3Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

class S3ObjectStoreTest implements ObjectStoreContract {
  @TempDir static Path directory;
  private static S3Server server = unset();
  private static FaultProxy proxy = unset();
  private S3ObjectStore store = unset();

  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T unset() {
    return null;
  }

  @BeforeAll
  static void start() throws IOException {
    server = S3Server.start(directory);
    proxy = new FaultProxy(server.port(), 7);
  }

  @AfterAll
  static void stop() {
    proxy.close();
    server.close();
  }

  @BeforeEach
  void open(TestInfo test) {
    proxy.rate(0);
    proxy.down(false);
    store = open(config(test.getTestMethod().orElseThrow().getName(), S3Server.SECRET_KEY));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static S3ObjectStore open(S3Config config) {
    return new S3ObjectStore(config);
  }

  private static S3Config config(String prefix, String secret) {
    return new S3Config(
        S3Server.BUCKET,
        proxy.endpoint(),
        "us-east-1",
        true,
        prefix,
        new Secret(S3Server.ACCESS_KEY),
        new Secret(secret),
        new Secret(""),
        S3Config.Sse.NONE,
        "",
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(20),
        3,
        32,
        ByteSize.parse("5MiB"),
        5,
        Duration.ofMillis(50));
  }

  @Override
  public ObjectStore store() {
    return store;
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  void uploadsLargeObjectsInPartsAndGivesUpWhatIsNotCommitted() {
    byte[] content = random((12 << 20) + 17);
    try (ObjectOutput out = store.create("large")) {
      out.write(ByteBuffer.wrap(content));
      out.commit();
    }
    assertThat(store.counts().of(RequestCounts.Operation.MULTIPART)).isEqualTo(5);
    assertThat(store.read("large")).isEqualTo(ByteBuffer.wrap(content));
    try (ObjectOutput out = store.create("dropped")) {
      out.write(ByteBuffer.wrap(content));
    }
    assertThat(store.list("")).containsExactly(new ObjectStore.Entry("large", content.length));
  }

  @Test
  void deletesManyByOneRequest() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      names.add("many/" + i);
      store.createIfAbsent("many/" + i, ByteBuffer.wrap(new byte[] {1}));
    }
    names.add("many/never-there");
    store.deleteAll(names);
    assertThat(store.list("many/")).isEmpty();
    assertThat(store.counts().of(RequestCounts.Operation.DELETE)).isEqualTo(1);
  }

  @Test
  void readsAndWritesThroughFaults() {
    proxy.rate(0.25);
    for (int i = 0; i < 60; i++) {
      byte[] content = random(1000 + i);
      String name = "faults/" + i;
      eventually(() -> store.createIfAbsent(name, ByteBuffer.wrap(content)));
      ByteBuffer read = eventually(() -> store.read(name));
      assertThat(read).isEqualTo(ByteBuffer.wrap(content));
      assertThat(eventually(() -> store.readRange(name, 10, 500)).remaining()).isEqualTo(500);
    }
  }

  private static <T> T eventually(java.util.function.Supplier<T> request) {
    while (true) {
      try {
        return request.get();
      } catch (StorageException.Unavailable e) {
        assertThat(e).hasMessageContaining("of bucket " + S3Server.BUCKET);
      }
    }
  }

  @Test
  void neverTakesACutBodyForAWholeOne() {
    store.createIfAbsent("cut", ByteBuffer.wrap(random(100_000)));
    proxy.faults(EnumSet.of(FaultProxy.Fault.TRUNCATED));
    proxy.rate(1);
    try {
      assertThatThrownBy(() -> store.read("cut")).isInstanceOf(StorageException.Unavailable.class);
      assertThatThrownBy(() -> store.readRange("cut", 0, 50_000))
          .isInstanceOf(StorageException.Unavailable.class);
    } finally {
      proxy.faults(EnumSet.complementOf(EnumSet.of(FaultProxy.Fault.STALL)));
    }
  }

  @Test
  void asksNoMoreAfterManyFailuresAndGoesOnWhenTheBucketIsBack() {
    proxy.down(true);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> store.read("x")).isInstanceOf(StorageException.Unavailable.class);
    }
    assertThat(store.isReachable()).isFalse();
    proxy.down(false);
    assertThat(eventually(() -> store.createIfAbsent("back", ByteBuffer.wrap(random(5))))).isTrue();
    assertThat(store.isReachable()).isTrue();
  }

  @Test
  void givesUpARequestThatIsNeverAnswered() {
    proxy.once(line -> line.startsWith("GET "), FaultProxy.Fault.STALL);
    store.createIfAbsent("stalled", ByteBuffer.wrap(random(5)));
    assertThat(store.read("stalled").remaining()).isEqualTo(5);
    assertThat(proxy.isDone()).isTrue();
  }

  @Test
  void asksAgainForAListThatBreaksOff() {
    store.createIfAbsent("listed", ByteBuffer.wrap(random(5)));
    proxy.once(line -> line.contains("list-type"), FaultProxy.Fault.TRUNCATED);
    assertThat(store.list("")).hasSize(1);
    assertThat(proxy.isDone()).isTrue();
  }

  @Test
  void tellsARefusalFromABucketThatCannotBeReached() {
    store.check();
    try (S3ObjectStore wrong = open(config("p", "wrong"))) {
      assertThatThrownBy(wrong::check)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("storage.s3: bucket 'trilith-test'")
          .hasMessageContaining("secret-key");
    }
    proxy.down(true);
    assertThatThrownBy(store::check).isInstanceOf(StorageException.Unavailable.class);
  }
}
