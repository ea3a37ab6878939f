package io.trilith.logstore.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.Scan;
import io.trilith.logstore.ScanCounts;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.encoding.ByteWriter;
import io.trilith.storage.encoding.Crc;
import io.trilith.storage.error.StorageException;
import io.trilith.storage.model.Labels;
import io.trilith.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SplitPageTest {
  /** An entry as the tests compare it; the line as ISO 8859-1, so that every byte shows. */
  private record Entry(long time, String line, Labels metadata) {
    byte[] bytes() {
      return line.getBytes(StandardCharsets.ISO_8859_1);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Encoded(byte[] bytes, SplitPage.PageParts layout) {
    SplitPage open() {
      return new SplitPage(this::part, layout, new ScanCounts());
    }

    boolean mayHold(PageScan scan) {
      return scan.mayHold(new PageFilter(part(0, layout.filterLength())));
    }

    private ByteReader part(long offset, int length) {
      if (offset < 0 || length < 4 || offset + length > bytes.length) {
        throw new StorageException.Corrupt("page", offset, "no such part");
      }
      ByteBuffer part = ByteBuffer.wrap(bytes, (int) offset, length).slice();
      int crc = part.order(ByteOrder.LITTLE_ENDIAN).getInt(length - 4);
      if (Crc.of(part.slice(0, length - 4)) != crc) {
        throw new StorageException.Corrupt("page", offset, "checksum");
      }
      return new ByteReader(part.slice(0, length - 4), "page", offset);
    }

    /** As if no checksum had been there: for tests of the decoder itself. */
    SplitPage openUnchecked() {
      return new SplitPage(
          (offset, length) -> {
            if (offset < 0 || length < 4 || offset + length > bytes.length) {
              throw new StorageException.Corrupt("page", offset, "no such part");
            }
            return new ByteReader(ByteBuffer.wrap(bytes, (int) offset, length - 4), "page", offset);
          },
          layout,
          new ScanCounts());
    }
  }

  /** Entries one after another. */
  private static final class Entries implements EntryCursor {
    private final List<Entry> entries;
    private int at = -1;

    Entries(List<Entry> entries) {
      this.entries = entries;
    }

    @Override
    public boolean next() {
      return ++at < entries.size();
    }

    @Override
    public long timestamp() {
      return entries.get(at).time;
    }

    @Override
    public byte[] lineArray() {
      return entries.get(at).bytes();
    }

    @Override
    public int lineStart() {
      return 0;
    }

    @Override
    public int lineEnd() {
      return entries.get(at).line.length();
    }

    @Override
    public Labels metadata() {
      return entries.get(at).metadata;
    }
  }

  private static Encoded encode(SplitPageWriter writer, List<Entry> entries) {
    Entries cursor = new Entries(entries);
    while (cursor.next()) {
      writer.add(cursor);
    }
    ByteWriter out = new ByteWriter();
    SplitPageWriter.Written written = writer.finish(out);
    assertThat(written.length()).isEqualTo(out.size());
    return new Encoded(
        out.toArray(),
        new SplitPage.PageParts(
            entries.size(),
            written.filterLength(),
            written.timesLength(),
            written.headLength(),
            written.length()));
  }

  private static String line(SplitPage page, int entry) {
    byte[] array = page.lineArray(entry);
    int start = page.lineStart(entry);
    return new String(array, start, page.lineEnd(entry) - start, StandardCharsets.ISO_8859_1);
  }

  private static void check(Encoded encoded, List<Entry> entries) {
    SplitPage page = encoded.open();
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      assertThat(page.time(i)).isEqualTo(entry.time);
      assertThat(page.lineLength(i)).as(entry.line).isEqualTo(entry.line.length());
      assertThat(line(page, i)).isEqualTo(entry.line);
      assertThat(page.metadata(i)).isEqualTo(entry.metadata);
      for (int m = 0; m < entry.metadata.size(); m++) {
        assertThat(page.metadata(i, entry.metadata.name(m))).isEqualTo(entry.metadata.value(m));
      }
      assertThat(page.metadata(i, "absent")).isEmpty();
    }
    page.check();
  }

  @Test
  void nastyLinesComeBackByteForByte() {
    SplittableRandom random = Seeds.random("nastyLinesComeBackByteForByte");
    int left = Seeds.iterations(20_000);
    try (SplitPageWriter writer = new SplitPageWriter()) {
      while (left > 0) {
        NastyLines lines = new NastyLines(random);
        List<Entry> entries = new ArrayList<>();
        int size = Math.min(left, random.nextInt(1, random.nextInt(2, 2000)));
        long bytes = 0;
        long time = random.nextInt(20) == 0 ? Long.MIN_VALUE : NastyLines.TIME;
        while (entries.size() < size && bytes < 600_000) {
          time = NastyLines.later(random, time);
          String line = lines.next(time);
          bytes += line.length();
          entries.add(new Entry(time, line, lines.metadata(line)));
        }
        check(encode(writer, entries), entries);
        left -= entries.size();
      }
    }
  }

  private static List<Entry> someEntries(SplittableRandom random, int size) {
    NastyLines lines = new NastyLines(random);
    List<Entry> entries = new ArrayList<>();
    long time = NastyLines.TIME;
    for (int i = 0; i < size; i++) {
      time = NastyLines.later(random, time);
      String line = lines.next(time);
      entries.add(new Entry(time, line, lines.metadata(line)));
    }
    return entries;
  }

  @Test
  void aScanLeavesNothingOutThatIsWanted() {
    SplittableRandom random = Seeds.random("aScanLeavesNothingOutThatIsWanted");
    int found = 0;
    int selected = 0;
    int skipped = 0;
    try (SplitPageWriter writer = new SplitPageWriter()) {
      for (int round = 0; round < Seeds.iterations(4000) / 200; round++) {
        List<Entry> entries = someEntries(random, random.nextInt(1, 400));
        Encoded encoded = encode(writer, entries);
        for (int n = 0; n < 200; n++) {
          Scan.AnyOf clause = randomClause(random, entries);
          PageScan scan = new PageScan(new Scan(List.of(clause), new ScanCounts()));
          boolean may = encoded.mayHold(scan);
          long[] rows = encoded.open().select(scan);
          skipped += may ? 0 : 1;
          for (int i = 0; i < entries.size(); i++) {
            boolean wanted = holds(clause, entries.get(i));
            boolean marked = rows == null || (rows[i >>> 6] >>> i & 1) != 0;
            found += wanted ? 1 : 0;
            selected += marked ? 1 : 0;
            if (wanted) {
              assertThat(may).as("filter, %s", clause).isTrue();
              assertThat(marked).as("%s in %s", clause, entries.get(i)).isTrue();
            }
          }
        }
      }
    }
    assertThat(skipped).isPositive();
    assertThat(selected).isLessThan(found * 2 + 1000);
  }

  private static Scan.AnyOf randomClause(SplittableRandom random, List<Entry> entries) {
    List<Scan.Term> terms = new ArrayList<>();
    for (int n = random.nextInt(1, 3); n > 0; n--) {
      Entry entry = entries.get(random.nextInt(entries.size()));
      if (entry.metadata.size() > 0 && random.nextInt(3) == 0) {
        int i = random.nextInt(entry.metadata.size());
        String value = entry.metadata.value(i);
        String name = entry.metadata.name(random.nextInt(entry.metadata.size()));
        terms.add(new Scan.Term.MetadataIs(name, random.nextInt(4) == 0 ? value + "0" : value));
      } else {
        byte[] line = entry.bytes();
        int from = random.nextInt(line.length + 1);
        int to = Math.min(line.length, from + random.nextInt(1, 40));
        byte[] part = Arrays.copyOfRange(line, from, to);
        if (part.length > 0 && random.nextInt(4) == 0) {
          part[random.nextInt(part.length)] =
              (byte) "0123456789abcdefT_. -".charAt(random.nextInt(21));
        }
        terms.add(random.nextInt(4) == 0 ? anyCase(part) : new Scan.Term.LineHas(part));
      }
    }
    return new Scan.AnyOf(terms);
  }

  /** The part in small letters, without what is not ASCII. */
  private static Scan.Term anyCase(byte[] part) {
    String text = new String(part, StandardCharsets.ISO_8859_1).replaceAll("[^\\x00-\\x7f]", "");
    return new Scan.Term.LineHasAnyCase(
        text.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.ISO_8859_1));
  }

  private static boolean holds(Scan.AnyOf clause, Entry entry) {
    for (Scan.Term term : clause.terms()) {
      boolean holds =
          switch (term) {
            case Scan.Term.LineHas has ->
                entry.line.contains(new String(has.bytes(), StandardCharsets.ISO_8859_1));
            case Scan.Term.LineHasAnyCase has ->
                lowerCase(entry.line)
                    .contains(new String(has.lowerCase(), StandardCharsets.ISO_8859_1));
            case Scan.Term.MetadataIs is -> entry.metadata.get(is.name()).equals(is.value());
          };
      if (holds) {
        return true;
      }
    }
    return false;
  }

  private static String lowerCase(String text) {
    StringBuilder lower = new StringBuilder();
    text.chars().forEach(c -> lower.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c)));
    return lower.toString();
  }

  /** Reads everything that a page says. */
  private static void readAll(SplitPage page) {
    for (int i = 0; i < page.count(); i++) {
      page.time(i);
      page.lineLength(i);
      page.lineEnd(i);
      page.metadata(i);
    }
  }

  @Test
  void aDamagedPageIsANamedErrorOrAPageLikeAnother() {
    SplittableRandom random = Seeds.random("aDamagedPageIsANamedErrorOrAPageLikeAnother");
    try (SplitPageWriter writer = new SplitPageWriter()) {
      for (int round = 0; round < Seeds.iterations(4000); round++) {
        List<Entry> entries = someEntries(random, random.nextInt(1, 60));
        Encoded good = encode(writer, entries);
        byte[] bad = good.bytes.clone();
        switch (random.nextInt(3)) {
          case 0 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
          case 1 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length));
          default -> {
            for (int n = random.nextInt(1, 20); n > 0; n--) {
              bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
          }
        }
        Encoded damaged = new Encoded(bad, good.layout);
        try {
          readAll(damaged.openUnchecked());
        } catch (StorageException.Corrupt e) {
          assertThat(e).hasMessageContaining("page");
        }
        if (!Arrays.equals(bad, good.bytes)) {
          boolean found = false;
          try {
            damaged.mayHold(
                new PageScan(
                    new Scan(
                        List.of(new Scan.AnyOf(List.of(new Scan.Term.LineHas(new byte[] {65})))),
                        new ScanCounts())));
            readAll(damaged.open());
            damaged.open().check();
          } catch (StorageException.Corrupt e) {
            found = true;
          }
          assertThat(found).isTrue();
        }
      }
    }
  }

  @Test
  void anIdInLineAndMetadataIsStoredOnce() {
    SplittableRandom random = Seeds.random("anIdInLineAndMetadataIsStoredOnce");
    List<Entry> without = new ArrayList<>();
    List<Entry> with = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String id = String.format("%016x%016x", random.nextLong(), random.nextLong());
      String line = "order placed trace=" + id + " took=" + random.nextInt(1000) + "ms";
      without.add(new Entry(i * 1000L, line, Labels.EMPTY));
      with.add(new Entry(i * 1000L, line, Labels.of("trace_id", id)));
    }
    try (SplitPageWriter writer = new SplitPageWriter()) {
      int plain = encode(writer, without).bytes.length;
      assertThat(encode(writer, with).bytes.length).isLessThan(plain + 50);
    }
  }
}
