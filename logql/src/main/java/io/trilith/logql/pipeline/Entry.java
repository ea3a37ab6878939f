package io.trilith.logql.pipeline;

import io.trilith.logstore.EntryCursor;
import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One entry on its way through a pipeline. The line is bytes, and becomes text when a stage wants
 * text. One object serves all entries of a query. Confined to one thread.
 */
public final class Entry {
  private final EntryLabels labels = new EntryLabels();
  private long time;
  private byte[] line = new byte[0];
  private int start;
  private int end;
  private @Nullable String text;

  /** Takes over the entry on which the cursor stands. */
  public void reset(Labels stream, EntryCursor cursor) {
    labels.reset(stream, cursor);
    time = cursor.timestamp();
    line = cursor.lineArray();
    start = cursor.lineStart();
    end = cursor.lineEnd();
    text = null;
  }

  /** Nanoseconds since 1970. */
  public long time() {
    return time;
  }

  public EntryLabels labels() {
    return labels;
  }

  byte[] array() {
    return line;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  /** Bytes of the line. */
  public int length() {
    return end - start;
  }

  /** The line; bytes that are not UTF-8 became replacement characters. */
  public String text() {
    if (text == null) {
      text = new String(line, start, end - start, StandardCharsets.UTF_8);
    }
    return text;
  }

  /** A copy of the line's bytes. */
  public byte[] lineBytes() {
    return Arrays.copyOfRange(line, start, end);
  }

  void replaceLine(String replacement) {
    replaceLine(replacement.getBytes(StandardCharsets.UTF_8));
    text = replacement;
  }

  void replaceLine(byte[] replacement) {
    text = null;
    line = replacement;
    start = 0;
    end = replacement.length;
  }
}
