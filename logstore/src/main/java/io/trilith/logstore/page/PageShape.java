package io.trilith.logstore.page;

import io.trilith.logstore.LineShape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A template of a page and its columns, as readers see them. Not thread-safe. */
final class PageShape implements LineShape {
  private final Template template;
  private final IntFunction<Column> columns;
  private final Bytes joined = new Bytes();

  /** Owners and their things in turn; there are few. */
  private @Nullable Object[] memory = new Object[2];

  PageShape(Template template, IntFunction<Column> columns) {
    this.template = template;
    this.columns = columns;
  }

  @Override
  public int rows() {
    return template.rows();
  }

  @Override
  public byte[] text() {
    return template.text();
  }

  @Override
  public int classes(int place) {
    return template.charset(place) & 0xff;
  }

  @Override
  public boolean all(int place, ValueTest test) {
    return columns.apply(place).all(test, template.rows());
  }

  @Override
  public String part(int row, int from, int to) {
    byte[] text = template.text();
    int place = template.placesBefore(from);
    if (to - from == 1 && text[from] == 0) {
      return columns.apply(place).text(row);
    }
    joined.size = 0;
    int literal = from;
    for (int at = from; at < to; at++) {
      if (text[at] == 0) {
        joined.put(text, literal, at - literal);
        columns.apply(place++).append(row, joined);
        literal = at + 1;
      }
    }
    joined.put(text, literal, to - literal);
    return new String(joined.array, 0, joined.size, StandardCharsets.UTF_8);
  }

  @Override
  public @Nullable Object remembered(Object owner) {
    for (int i = 0; i < memory.length; i += 2) {
      if (Objects.equals(memory[i], owner)) {
        return memory[i + 1];
      }
    }
    return null;
  }

  @Override
  public void remember(Object owner, Object thing) {
    int at = 0;
    while (at < memory.length && memory[at] != null && !Objects.equals(memory[at], owner)) {
      at += 2;
    }
    if (at == memory.length) {
      memory = Arrays.copyOf(memory, at + 2);
    }
    memory[at] = owner;
    memory[at + 1] = thing;
  }
}
