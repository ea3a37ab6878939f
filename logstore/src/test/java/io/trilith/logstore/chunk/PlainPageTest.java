package io.trilith.logstore.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.logstore.MetadataCodec;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.logstore.page.Page;
import io.trilith.logstore.page.PageFilter;
import io.trilith.logstore.page.PageScan;
import io.trilith.logstore.page.PlainPage;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlainPageTest {
  private static final String ALPHABET = "abcdefXYZ0123456789_ -./:=\"{}\u00e9\u0000";

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Encoded(byte[] bytes, int filterLength) {
    PageFilter filter() {
      return new PageFilter(reader(0, filterLength - 4));
    }

    ByteReader page() {
      return reader(filterLength, bytes.length - filterLength - 4);
    }

    private ByteReader reader(int from, int length) {
      return new ByteReader(ByteBuffer.wrap(bytes, from, length), "page", from);
    }
  }

  private static String randomText(SplittableRandom random, int max) {
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(max); n > 0; n--) {
      // Runs of some length more often than single letters.
      char c = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
      text.append(Character.toString(c).repeat(random.nextInt(4) == 0 ? random.nextInt(40) : 1));
      text.append("abcdef0123456789".charAt(random.nextInt(16)));
    }
    return text.toString();
  }

  /** A page as a head has it. */
  private static PlainPage randomPage(SplittableRandom random, int count) {
    ByteWriter lines = new ByteWriter();
    ByteWriter metadata = new ByteWriter();
    long[] times = new long[count];
    int[] starts = new int[count];
    int[] ends = new int[count];
    int[] refs = new int[count];
    long time = random.nextLong();
    for (int i = 0; i < count; i++) {
      time += random.nextInt(1000);
      times[i] = time;
      starts[i] = lines.size();
      lines.putBytes(randomText(random, 60).getBytes(StandardCharsets.UTF_8));
      ends[i] = lines.size();
      refs[i] = random.nextInt(3) == 0 ? -1 : metadata.size();
      if (refs[i] >= 0) {
        MetadataCodec.put(Labels.of("id", "v" + randomText(random, 20)), metadata);
      }
    }
    return new PlainPage(count, times, starts, ends, lines.toArray(), refs, metadata.toArray());
  }

  private static Encoded encode(PageCodec codec, PlainPage page) {
    for (int i = 0; i < page.count(); i++) {
      codec.add(page, i);
    }
    ByteWriter out = new ByteWriter();
    PageCodec.Written written = codec.finish(out);
    assertThat(written.length()).isEqualTo(out.size());
    return new Encoded(out.toArray(), written.filterLength());
  }

  private static byte[] line(Page page, int entry) {
    return Arrays.copyOfRange(page.lineArray(entry), page.lineStart(entry), page.lineEnd(entry));
  }

  @Test
  void whatIsPutInComesBackAndTheFilterDeniesNothingThatIsThere() {
    SplittableRandom random =
        Seeds.random("whatIsPutInComesBackAndTheFilterDeniesNothingThatIsThere");
    PageCodec codec = new PageCodec();
    int denied = 0;
    for (int round = 0; round < Seeds.iterations(300); round++) {
      PlainPage page = randomPage(random, random.nextInt(1, 60));
      Encoded encoded = encode(codec, page);
      PlainPage read = PageCodec.decode(encoded.page(), "page", 0);
      PageFilter filter = encoded.filter();
      assertThat(read.count()).isEqualTo(page.count());
      for (int i = 0; i < page.count(); i++) {
        assertThat(read.time(i)).isEqualTo(page.time(i));
        assertThat(line(read, i)).isEqualTo(line(page, i));
        assertThat(read.metadata(i)).isEqualTo(page.metadata(i));
        byte[] line = line(page, i);
        if (line.length > 0) {
          int from = random.nextInt(line.length);
          int to = Math.min(line.length, from + random.nextInt(1, 50));
          Scan.Term has = new Scan.Term.LineHas(Arrays.copyOfRange(line, from, to));
          assertThat(scan(has).mayHold(filter)).as("part %d to %d", from, to).isTrue();
        }
        String value = page.metadata(i).get("id");
        if (!value.isEmpty()) {
          assertThat(scan(new Scan.Term.MetadataIs("id", value)).mayHold(filter)).isTrue();
        }
      }
      byte[] absent = "99a1b2c3d4e5f6a7b8c9".getBytes(StandardCharsets.UTF_8);
      denied += scan(new Scan.Term.LineHas(absent)).mayHold(filter) ? 0 : 1;
    }
    assertThat(denied).isPositive();
  }

  private static PageScan scan(Scan.Term term) {
    return new PageScan(new Scan(List.of(new Scan.AnyOf(List.of(term))), new ScanCounts()));
  }

  @Test
  void aDamagedPageIsANamedErrorOrAPageLikeAnother() {
    SplittableRandom random = Seeds.random("aDamagedPlainPageIsANamedErrorOrAPageLikeAnother");
    PageCodec codec = new PageCodec();
    for (int round = 0; round < Seeds.iterations(3000); round++) {
      Encoded good = encode(codec, randomPage(random, random.nextInt(1, 20)));
      byte[] bad = good.bytes.clone();
      if (random.nextInt(3) == 0) {
        int length = good.filterLength + random.nextInt(bad.length - good.filterLength);
        bad = Arrays.copyOf(bad, Math.max(length, good.filterLength + 4));
      }
      for (int n = random.nextInt(3); n > 0; n--) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Encoded damaged = new Encoded(bad, good.filterLength);
      try {
        scan(new Scan.Term.LineHas("4bf92f3577b34da6".getBytes(StandardCharsets.UTF_8)))
            .mayHold(damaged.filter());
        PlainPage page = PageCodec.decode(damaged.page(), "page", 0);
        for (int i = 0; i < page.count(); i++) {
          line(page, i);
          page.metadata(i);
        }
      } catch (StorageException.Corrupt e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
    }
  }
}
