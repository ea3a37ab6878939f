package io.trilith.ingest.pipeline;

import io.trilith.config.ConfigException;
import io.trilith.config.PipelineFile;
import io.trilith.storage.error.InvalidRequestException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the rules of a file find in lines, in numbers. Not thread-safe. */
public final class RedactionTrial {
  private final List<RedactRule> rules;
  private final long[] pieces;
  private final long[] found;
  private long lines;

  private RedactionTrial(List<RedactRule> rules) {
    this.rules = rules;
    this.pieces = new long[rules.size()];
    this.found = new long[rules.size()];
  }

  /**
   * What one rule has found.
   *
   * @param pieces that it would replace
   * @param lines that have any
   */
  public record Count(String rule, long pieces, long lines) {}

  /** The rules of a file. Throws ConfigException. */
  public static RedactionTrial of(Path file, Conditions conditions) {
    try {
      return new RedactionTrial(Pipeline.rules(file, conditions));
    } catch (InvalidRequestException e) {
      throw new ConfigException(file + ": " + e.getMessage(), e);
    }
  }

  /** Asks the rules of a line, each of what those before it have left. */
  public void line(String line) {
    lines++;
    byte[] text = LabelText.bytes(line);
    for (int i = 0; i < rules.size(); i++) {
      RedactRule.Count count = new RedactRule.Count();
      byte[] next =
          rules.get(i).isIn(PipelineFile.Place.LINE)
              ? rules.get(i).apply(text, 0, text.length, true, count)
              : null;
      text = next == null ? text : next;
      pieces[i] += count.pieces();
      found[i] += next == null ? 0 : 1;
    }
  }

  public long lines() {
    return lines;
  }

  /** By rule, in their order. */
  public List<Count> counts() {
    List<Count> counts = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      counts.add(new Count(rules.get(i).name(), pieces[i], found[i]));
    }
    return counts;
  }
}
