package io.trilith.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.trilith.config.ByteSize;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.memory.Booking;
import io.trilith.storage.memory.MemoryShare;
import io.trilith.testing.Seeds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BodyDecoderTest {
  private static final int MAX = 1 << 20;
  private final BodyDecoder decoder = new BodyDecoder(new ByteSize(MAX));
  private final MemoryShare budget = new MemoryShare("memory.requests", "the requests", 9L << 20);

  private byte[] decode(BodyDecoder.Encoding encoding, byte[] encoded) {
    try (Booking share = budget.open()) {
      BodyBuffer body = new BodyBuffer(8L << 20, share);
      body.append(encoded, encoded.length);
      return decoder.decode(encoding, body, share);
    }
  }

  private static byte[] encode(BodyDecoder.Encoding encoding, byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    switch (encoding) {
      case IDENTITY -> packed.write(plain);
      case GZIP -> fill(new GZIPOutputStream(packed), plain);
      case DEFLATE -> fill(new DeflaterOutputStream(packed), plain);
      case SNAPPY -> packed.write(org.xerial.snappy.Snappy.compress(plain));
      case ZSTD -> packed.write(Zstd.compress(plain));
    }
    return packed.toByteArray();
  }

  private static void fill(OutputStream out, byte[] plain) throws IOException {
    try (out) {
      out.write(plain);
    }
  }

  private static byte[] sample(SplittableRandom random, int size) {
    byte[] plain = new byte[size];
    for (int i = 0; i < size; i++) {
      plain[i] = (byte) (random.nextInt(10) < 7 ? i % 50 : random.nextInt(256));
    }
    return plain;
  }

  @ParameterizedTest
  @EnumSource(BodyDecoder.Encoding.class)
  void restoresWhatWasEncoded(BodyDecoder.Encoding encoding) throws IOException {
    SplittableRandom random = Seeds.random("BodyDecoderTest");
    for (int i = 0; i < Seeds.iterations(50); i++) {
      byte[] plain = sample(random, random.nextInt(1, 300_000));
      assertThat(decode(encoding, encode(encoding, plain))).isEqualTo(plain);
    }
    assertThat(budget.used()).isZero();
  }

  @Test
  void restoresDeflateWithoutItsHeader() throws IOException {
    byte[] plain = sample(new SplittableRandom(1), 5000);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    fill(new DeflaterOutputStream(packed, new Deflater(6, true)), plain);
    assertThat(decode(BodyDecoder.Encoding.DEFLATE, packed.toByteArray())).isEqualTo(plain);
  }

  @ParameterizedTest
  @EnumSource(BodyDecoder.Encoding.class)
  void refusesWhatIsTooLarge(BodyDecoder.Encoding encoding) throws IOException {
    if (encoding == BodyDecoder.Encoding.IDENTITY) {
      return;
    }
    byte[] bomb = encode(encoding, new byte[64 << 20]);
    assertThatThrownBy(() -> decode(encoding, bomb))
        .isInstanceOf(HttpStatusException.class)
        .hasMessageContaining("server.body-max")
        .extracting(e -> ((HttpStatusException) e).status())
        .isEqualTo(413);
    assertThat(budget.used()).isZero();
  }

  @ParameterizedTest
  @EnumSource(BodyDecoder.Encoding.class)
  void refusesBrokenBodies(BodyDecoder.Encoding encoding) throws IOException {
    if (encoding == BodyDecoder.Encoding.IDENTITY) {
      return;
    }
    SplittableRandom random = Seeds.random("BodyDecoderTest");
    byte[] whole = encode(encoding, sample(random, 20_000));
    for (int i = 0; i < Seeds.iterations(300); i++) {
      byte[] cut = Arrays.copyOf(whole, random.nextInt(whole.length - 1));
      assertThatThrownBy(() -> decode(encoding, cut)).isInstanceOf(InvalidRequestException.class);
      byte[] flipped = whole.clone();
      flipped[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
      tolerate(encoding, flipped);
      byte[] garbage = new byte[random.nextInt(1, 2000)];
      random.nextBytes(garbage);
      tolerate(encoding, garbage);
    }
    assertThat(budget.used()).isZero();
  }

  private void tolerate(BodyDecoder.Encoding encoding, byte[] bytes) {
    try {
      assertThat(decode(encoding, bytes)).isNotNull();
    } catch (InvalidRequestException | HttpStatusException e) {
      assertThat(e).hasMessageNotContaining("Exception");
    }
  }

  @Test
  void refusesHugeZstdWindows() {
    byte[] frame = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) 0xf8, 3, 0, 16, 0};
    assertThatThrownBy(() -> decode(BodyDecoder.Encoding.ZSTD, frame))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void doesNotBelieveASnappyLength() {
    byte[] lie = {(byte) 0xff, (byte) 0xff, 0x3f, 0, 'a'};
    assertThatThrownBy(() -> new Snappy(MAX).decode(lie))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("1048575");
    byte[] beyond = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, 'a'};
    assertThatThrownBy(() -> new Snappy(MAX).decode(beyond))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("32 bits");
  }

  @Test
  void namesTheKnownEncodings() {
    assertThat(BodyDecoder.encoding("GZIP")).isEqualTo(BodyDecoder.Encoding.GZIP);
    assertThatThrownBy(() -> BodyDecoder.encoding("gzip, gzip"))
        .isInstanceOf(HttpStatusException.class)
        .hasMessageContaining("zstd");
  }
}
