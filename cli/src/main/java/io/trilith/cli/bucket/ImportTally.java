package io.trilith.cli.bucket;

import io.trilith.storage.error.InvalidRequestException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * What became of the items of an import: taken, refused, of lines that are wrong, or taken by an
 * earlier run that was ended. Not thread-safe.
 */
final class ImportTally {
  private static final int TOLD = 10;

  private final PrintWriter err;
  private final boolean skipBad;
  private final @Nullable Path progress;
  private final long minMillis;
  private final long maxMillis;
  private final long doneBefore;
  private long refused;
  private long refusedByAge;
  private long badLines;
  private long resumed;
  private String reason = "";

  /**
   * Of one import.
   *
   * @param progress where it is noted how far it is; null for nowhere
   * @param minMillis items before are refused, as are those after the maximum
   */
  ImportTally(
      PrintWriter err, boolean skipBad, @Nullable Path progress, long minMillis, long maxMillis) {
    this.err = err;
    this.skipBad = skipBad;
    this.progress = progress;
    this.minMillis = minMillis;
    this.maxMillis = maxMillis;
    this.doneBefore = read(progress);
  }

  private static long read(@Nullable Path progress) {
    if (progress == null || !Files.exists(progress)) {
      return 0;
    }
    try {
      return Long.parseLong(Files.readString(progress).strip());
    } catch (IOException | NumberFormatException e) {
      throw new VerbException(
          "'" + progress + "' is no file of --progress: " + e.getMessage() + "; remove it", e);
    }
  }

  /** Whether no earlier run took what is on a line. */
  boolean isNew(long line) {
    if (line <= doneBefore) {
      resumed++;
      return false;
    }
    return true;
  }

  /** Whether an item is to be taken; one that is too old or too far ahead is counted. */
  boolean takes(long line, long millis) {
    if (!isNew(line)) {
      return false;
    }
    if (millis >= minMillis && millis <= maxMillis) {
      return true;
    }
    if (millis < minMillis) {
      tooOld(1);
    } else {
      tooFarAhead(1);
    }
    return false;
  }

  /** Items that are older than what is kept: nothing is wrong with that. */
  void tooOld(long count) {
    refusedByAge += count;
    because("older than retention.default keeps");
  }

  /** Items from the future: a clock or a unit is wrong. */
  void tooFarAhead(long count) {
    refused += count;
    because("further ahead than retention.future-max allows");
  }

  private void because(String why) {
    if (reason.isEmpty()) {
      reason = why;
    }
  }

  /** A line that is wrong; throws it again unless such lines are to be skipped. */
  void badLine(InvalidRequestException wrong) {
    if (!skipBad) {
      throw wrong;
    }
    badLines++;
    if (badLines <= TOLD) {
      err.println("trilith: skipped " + wrong.getMessage());
    } else if (badLines == TOLD + 1) {
      err.println("trilith: more lines are wrong and skipped");
    }
  }

  /**
   * As above; before the import ends, what came before the line is sent.
   *
   * @param items what is imported, for the report
   */
  void badLine(InvalidRequestException wrong, String items, Runnable send) {
    if (!skipBad) {
      send.run();
      long _ = finish(items);
    }
    badLine(wrong);
  }

  /** Items that the server refused. */
  void refused(long count, String why) {
    // The receivers name the key: what is too old, as opposed to too far ahead, is no failure.
    if (why.contains("retention.") && !why.contains("retention.future-max")) {
      refusedByAge += count;
    } else {
      refused += count;
    }
    because(why);
  }

  /** Everything up to a line is durable now. */
  void done(long line) {
    if (progress == null) {
      return;
    }
    try {
      Path next = progress.resolveSibling(progress.getFileName() + ".tmp");
      Files.writeString(next, line + "\n");
      Files.move(next, progress, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new VerbException("cannot write '" + progress + "': " + e.getMessage(), e);
    }
  }

  /** Tells what was not taken; returns how many items these were. */
  long finish(String items) {
    if (progress != null) {
      try {
        Files.deleteIfExists(progress);
      } catch (IOException e) {
        err.println("trilith: cannot remove '" + progress + "': " + e.getMessage());
      }
    }
    if (resumed > 0) {
      err.println("trilith: an earlier run had imported " + resumed + " " + items);
    }
    if (refusedByAge + refused > 0) {
      err.println(
          "trilith: skipped "
              + (refusedByAge + refused)
              + " "
              + items
              + " that are refused: "
              + reason);
    }
    if (badLines > 0) {
      err.println("trilith: skipped " + badLines + " lines that are wrong");
    }
    return refusedByAge + refused;
  }

  /** 1 when anything was left out for another reason than its age. */
  int status() {
    return refused + badLines > 0 ? 1 : 0;
  }
}
