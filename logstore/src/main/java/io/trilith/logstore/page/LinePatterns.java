package io.trilith.logstore.page;

import io.trilith.logstore.chunk.Page;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells for lines which pattern they have: the line's template with {@code <_>} for what varies. A
 * value in quotes that is words without digits is shown. Not thread-safe.
 */
public final class LinePatterns {
  private static final String VARIES = "<_>";

  private final LineSplitter splitter = new LineSplitter(new QuotedValues());
  private final Sink sink;
  private final long min;
  private final long max;

  /** Takes one line after another. */
  @FunctionalInterface
  public interface Sink {
    void add(String pattern, long time);
  }

  /** Of lines in a range of time, both ends included. */
  public LinePatterns(long min, long max, Sink sink) {
    this.min = min;
    this.max = max;
    this.sink = sink;
  }

  /** Hands over the lines of a page. */
  public void add(Page page) {
    if (page instanceof SplitPage split) {
      split.eachTemplate((template, columns) -> add(split, template, columns));
      return;
    }
    long[] wanted = page.select(PageScan.EVERYTHING);
    for (int entry = 0; entry < page.count(); entry++) {
      if (wanted == null || (wanted[entry >>> 6] & (1L << entry)) != 0) {
        addLine(page, entry);
      }
    }
  }

  private void addLine(Page page, int entry) {
    long time = page.time(entry);
    if (time < min || time > max) {
      return;
    }
    byte[] line = page.lineArray(entry);
    int from = page.lineStart(entry);
    int to = page.lineEnd(entry);
    if (!splitter.split(line, from, to)) {
      sink.add(VARIES, time);
      return;
    }
    StringBuilder pattern = new StringBuilder();
    byte[] template = splitter.template.array;
    int literal = 0;
    int slot = 0;
    for (int i = 0; i < splitter.template.size; i++) {
      if (template[i] == 0) {
        pattern.append(text(template, literal, i));
        String shown = shown(line, splitter.starts[slot], splitter.ends[slot]);
        pattern.append(shown == null ? VARIES : shown);
        slot++;
        literal = i + 1;
      }
    }
    pattern.append(text(template, literal, splitter.template.size));
    sink.add(pattern.toString(), time);
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** A value as a pattern shows it, null for one that varies. */
  static @Nullable String shown(byte[] value, int from, int to) {
    boolean words = false;
    for (int i = from; i < to; i++) {
      words |= value[i] == ' ';
      if (Runs.isDigit(value[i])) {
        return null;
      }
    }
    return words ? text(value, from, to) : null;
  }

  private void add(
      SplitPage page, Template template, java.util.function.IntFunction<Column> columns) {
    if (template.literalLength() == 0 && template.lineSlots() == 1) {
      for (int row = 0; row < template.rows(); row++) {
        addLine(page, template.entry(row));
      }
      return;
    }
    @Nullable Column[] shown = new @Nullable Column[template.lineSlots()];
    for (int slot = 0; slot < shown.length; slot++) {
      Column column = columns.apply(slot);
      boolean few = column instanceof Texts.Constant || column instanceof Texts.Dictionary;
      shown[slot] = few ? column : null;
    }
    Map<Long, String> patterns = new HashMap<>();
    for (int row = 0; row < template.rows(); row++) {
      long time = page.time(template.entry(row));
      if (time < min || time > max) {
        continue;
      }
      long key = 0;
      for (Column column : shown) {
        if (column instanceof Texts.Dictionary dictionary) {
          key = key * 31 + (dictionary.isShown(row) ? 1 + dictionary.id(row) : 0);
        }
      }
      int of = row;
      sink.add(patterns.computeIfAbsent(key, k -> pattern(template, shown, of)), time);
    }
  }

  private static String pattern(Template template, @Nullable Column[] shown, int row) {
    Bytes value = new Bytes();
    return template.pattern(
        slot -> {
          Column column = shown[slot];
          if (column == null) {
            return null;
          }
          value.size = 0;
          column.append(row, value);
          return shown(value.array, 0, value.size);
        });
  }
}
