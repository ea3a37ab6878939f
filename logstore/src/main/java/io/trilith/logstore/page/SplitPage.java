package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import io.trilith.logstore.ScanCounts;
import io.trilith.storage.encoding.ByteReader;
import io.trilith.storage.model.Labels;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A split page, open: each part is read and decoded when it is needed. See {@code
 * docs/formats/log-block.md}. Confined to one thread.
 */
public final class SplitPage implements Page {
  /** Entries of a page at most. */
  public static final int ENTRIES_MAX = 1 << 15;

  private final PartReader parts;
  private final PageParts layout;
  private final ScanCounts counts;

  private long @Nullable [] times;
  private @Nullable Head head;
  private final Bytes line = new Bytes();
  private int lineOf = -1;

  /** Reads checked parts of a page. */
  @FunctionalInterface
  public interface PartReader {
    /** A part without its checksum, which fitted. */
    ByteReader read(long offset, int length);
  }

  /** Where the parts of a page are. */
  public record PageParts(
      int count, int filterLength, int timesLength, int headLength, int length) {
    int columnsAt() {
      return filterLength + timesLength + headLength;
    }
  }

  public SplitPage(PartReader parts, PageParts layout, ScanCounts counts) {
    this.parts = parts;
    this.layout = layout;
    this.counts = counts;
  }

  /** Templates and which entry is of which. */
  private static final class Head {
    final List<Template> templates = new ArrayList<>();
    final short[] templateOf;
    final int[] rowOf;

    Head(ByteReader in, int count) {
      int offset = 0;
      int shapes = in.getCount(4);
      long rows = 0;
      for (int i = 0; i < shapes; i++) {
        Template template = new Template(in, offset);
        offset = template.columnsEnd();
        rows += template.rows();
        templates.add(template);
      }
      if (rows != count || shapes > 1 << 15) {
        throw in.corrupt(rows + " lines of " + shapes + " templates, " + count + " expected");
      }
      long[] numbers = Codec.getInts(in, count, () -> new long[0]);
      templateOf = new short[count];
      rowOf = new int[count];
      for (int entry = 0; entry < count; entry++) {
        long number = numbers[entry];
        if (number < 0 || number >= shapes || !templates.get((int) number).add(entry)) {
          throw in.corrupt("entry " + entry + " of template " + number + " of " + shapes);
        }
        templateOf[entry] = (short) number;
        rowOf[entry] = templates.get((int) number).added() - 1;
      }
    }
  }

  private Head head() {
    Head known = head;
    if (known == null) {
      int at = layout.filterLength + layout.timesLength;
      ByteReader in = parts.read(at, layout.headLength);
      byte[] bytes = Codec.getBlob(in);
      counts.decoded(layout.headLength, bytes.length);
      ByteReader reader = new ByteReader(ByteBuffer.wrap(bytes), "a log page's head", 0);
      known = new Head(reader, layout.count);
      head = known;
    }
    return known;
  }

  private long[] times() {
    long[] known = times;
    if (known == null) {
      ByteReader in = parts.read(layout.filterLength, layout.timesLength);
      known = Codec.getInts(in, layout.count, () -> new long[0]);
      counts.decoded(layout.timesLength, 8L * known.length);
      counts.read();
      times = known;
    }
    return known;
  }

  private Column column(Template template, int slot) {
    int place = template.place(slot);
    Column known = template.columns[place];
    if (known == null) {
      int length = template.length(place);
      ByteReader in = parts.read(layout.columnsAt() + (long) template.offset(place), length);
      known = Column.decode(in, template.rows(), () -> rowTimes(template));
      counts.decoded(length, known.size());
      template.columns[place] = known;
    }
    return known;
  }

  private long[] rowTimes(Template template) {
    long[] all = times();
    long[] own = new long[template.rows()];
    for (int row = 0; row < own.length; row++) {
      own[row] = all[template.entry(row)];
    }
    return own;
  }

  @Override
  public int count() {
    return layout.count;
  }

  @Override
  public long time(int entry) {
    return times()[entry];
  }

  @Override
  public int lineLength(int entry) {
    Head known = head();
    Template template = known.templates.get(known.templateOf[entry]);
    int row = known.rowOf[entry];
    int length = template.literalLength();
    for (int slot = 0; slot < template.lineSlots(); slot++) {
      length += column(template, slot).length(row);
    }
    return length;
  }

  @Override
  public byte[] lineArray(int entry) {
    build(entry);
    return line.array;
  }

  @Override
  public int lineStart(int entry) {
    return 0;
  }

  @Override
  public int lineEnd(int entry) {
    build(entry);
    return line.size;
  }

  @Override
  public @Nullable LineShape shape(int entry) {
    Head known = head();
    Template template = known.templates.get(known.templateOf[entry]);
    PageShape shape = template.shape;
    if (shape == null) {
      shape = new PageShape(template, place -> column(template, place));
      template.shape = shape;
    }
    return shape;
  }

  @Override
  public int row(int entry) {
    return head().rowOf[entry];
  }

  private void build(int entry) {
    if (entry == lineOf) {
      return;
    }
    Head known = head();
    Template template = known.templates.get(known.templateOf[entry]);
    int row = known.rowOf[entry];
    line.size = 0;
    for (int slot = 0; slot < template.lineSlots(); slot++) {
      template.appendLiteral(slot, line);
      column(template, slot).append(row, line);
    }
    template.appendLiteral(template.lineSlots(), line);
    lineOf = entry;
  }

  @Override
  public Labels metadata(int entry) {
    Head known = head();
    Template template = known.templates.get(known.templateOf[entry]);
    int names = template.names().length;
    if (names == 0) {
      return Labels.EMPTY;
    }
    String[] pairs = new String[2 * names];
    for (int i = 0; i < names; i++) {
      pairs[2 * i] = template.names()[i];
      pairs[2 * i + 1] = value(template, template.lineSlots() + i, known.rowOf[entry]);
    }
    return Labels.ofSorted(pairs);
  }

  private String value(Template template, int slot, int row) {
    return column(template, slot).text(row);
  }

  @Override
  public String metadata(int entry, String name) {
    Head known = head();
    Template template = known.templates.get(known.templateOf[entry]);
    int i = template.nameIndex(name);
    return i < 0 ? "" : value(template, template.lineSlots() + i, known.rowOf[entry]);
  }

  @Override
  public long @Nullable [] select(PageScan scan) {
    if (scan.isEverything()) {
      return null;
    }
    int words = (layout.count + 63) / 64;
    long[] wanted = new long[words];
    Column.fill(wanted, layout.count);
    for (List<PageScan.Term> clause : scan.clauses()) {
      long[] any = new long[words];
      for (PageScan.Term term : clause) {
        for (Template template : head().templates) {
          select(template, term, any);
        }
      }
      boolean none = true;
      for (int i = 0; i < words; i++) {
        wanted[i] &= any[i];
        none &= wanted[i] == 0;
      }
      if (none) {
        break;
      }
    }
    return wanted;
  }

  private void select(Template template, PageScan.Term term, long[] entries) {
    int count = template.rows();
    long[] rows = new long[(count + 63) / 64];
    switch (term) {
      case PageScan.LineTerm has -> selectLines(template, has, rows);
      case PageScan.MetadataTerm is -> {
        int i = template.nameIndex(is.name);
        if (i < 0) {
          return;
        }
        column(template, template.lineSlots() + i).searchEqual(is.text, rows, count);
      }
    }
    for (int word = 0; word < rows.length; word++) {
      for (long left = rows[word]; left != 0; left &= left - 1) {
        Column.set(entries, template.entry(word * 64 + Long.numberOfTrailingZeros(left)));
      }
    }
  }

  private void selectLines(Template template, PageScan.LineTerm has, long[] rows) {
    Needle needle = has.needle;
    if (template.literalHas(needle)) {
      Column.fill(rows, template.rows());
    } else if (template.mayCross(needle)) {
      // Then lines are built, but only those that have its longest run.
      if (has.run == null || template.literalHas(has.run)) {
        Column.fill(rows, template.rows());
      } else {
        searchValues(template, has.run, rows);
      }
      for (int word = 0; word < rows.length; word++) {
        for (long left = rows[word]; left != 0; left &= left - 1) {
          int row = word * 64 + Long.numberOfTrailingZeros(left);
          build(template.entry(row));
          if (needle.indexOf(line.array, 0, line.size) < 0) {
            rows[word] &= ~(1L << row);
          }
        }
      }
    } else {
      searchValues(template, needle, rows);
    }
  }

  private void searchValues(Template template, Needle needle, long[] rows) {
    for (int slot = 0; slot < template.lineSlots(); slot++) {
      if (template.place(slot) == slot && template.mayHold(slot, needle)) {
        column(template, slot).search(needle, rows, template.rows());
      }
    }
  }

  /** Bytes of all columns, and that each fits its checksum, for a page that is copied. */
  public void check() {
    long end = layout.columnsAt();
    times();
    for (Template template : head().templates) {
      for (int slot = 0; slot < template.places(); slot++) {
        if (template.place(slot) == slot) {
          parts.read(layout.columnsAt() + (long) template.offset(slot), template.length(slot));
        }
      }
      end = layout.columnsAt() + (long) template.columnsEnd();
    }
    if (end != layout.length) {
      throw new ByteReader(ByteBuffer.allocate(0), "a log page", 0)
          .corrupt(layout.length + " bytes of a page of which " + end + " are used");
    }
  }
}
