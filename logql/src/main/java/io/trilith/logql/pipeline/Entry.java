package io.trilith.logql.pipeline;

import io.trilith.logstore.EntryCursor;
import io.trilith.logstore.LineShape;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way through a pipeline. The line is bytes, and becomes text when a stage wants
 * text. One object serves all entries of a query. Confined to one thread.
 */
public final class Entry {
  private static final int SHAPE_ROWS_MIN = 4;

  private final EntryLabels labels = new EntryLabels();
  private long time;
  private @Nullable EntryCursor cursor;

  /** The line once somebody looked at it, or what a stage made of it; null before. */
  private byte @Nullable [] line;

  private int start;
  private int end;
  private @Nullable String text;
  private boolean replaced;

  /** Takes over the entry on which the cursor stands. */
  public void reset(Labels stream, EntryCursor cursor) {
    labels.reset(stream, cursor);
    time = cursor.timestamp();
    this.cursor = cursor;
    line = null;
    text = null;
    replaced = false;
  }

  /**
   * The shape of the line; null when it has none, when a stage made another line of it, and when so
   * few lines have it that knowing it costs more than it saves.
   */
  public @Nullable LineShape shape() {
    EntryCursor at = cursor;
    LineShape shape = at == null || replaced ? null : at.shape();
    return shape == null || shape.rows() < SHAPE_ROWS_MIN ? null : shape;
  }

  /** Which line of its shape it is. */
  public int row() {
    EntryCursor at = cursor;
    return at == null ? 0 : at.row();
  }

  /** Bytes of the line if a stage looked at it as a whole, else 0. */
  public int lineBytesRead() {
    return line == null ? 0 : end - start;
  }

  /** Nanoseconds since 1970. */
  public long time() {
    return time;
  }

  public EntryLabels labels() {
    return labels;
  }

  /** A source may have to decode the line, so it is asked for one when a stage looks at it. */
  byte[] array() {
    byte[] known = line;
    if (known == null) {
      EntryCursor at = cursor;
      if (at == null) {
        throw new IllegalStateException("no entry");
      }
      known = at.lineArray();
      line = known;
      start = at.lineStart();
      end = at.lineEnd();
    }
    return known;
  }

  int start() {
    byte[] _ = array();
    return start;
  }

  int end() {
    byte[] _ = array();
    return end;
  }

  /** Bytes of the line. */
  public int length() {
    return line == null && cursor != null ? cursor.lineLength() : end - start;
  }

  /** The line; bytes that are not UTF-8 became replacement characters. */
  public String text() {
    if (text == null) {
      byte[] bytes = array();
      text = new String(bytes, start, end - start, StandardCharsets.UTF_8);
    }
    return text;
  }

  /** A copy of the line's bytes. */
  public byte[] lineBytes() {
    byte[] bytes = array();
    return Arrays.copyOfRange(bytes, start, end);
  }

  void replaceLine(String replacement) {
    replaceLine(replacement.getBytes(StandardCharsets.UTF_8));
    text = replacement;
  }

  void replaceLine(byte[] replacement) {
    text = null;
    replaced = true;
    line = replacement;
    start = 0;
    end = replacement.length;
  }
}
