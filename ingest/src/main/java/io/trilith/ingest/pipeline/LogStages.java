package io.trilith.ingest.pipeline;

import io.trilith.config.PipelineFile.Place;
import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is done with the entries of one request of one tenant: entries are dropped, labels become
 * structured metadata, texts are redacted. Confined to one thread.
 */
public final class LogStages {
  private final Rules rules;
  private final List<LogCondition.Trial> trials = new ArrayList<>();
  private Labels stream = Labels.EMPTY;
  private long redacting;
  private final List<Integer> dropping = new ArrayList<>();
  private Map<String, String> moved = Map.of();

  /**
   * Of a tenant.
   *
   * @param labels that streams keep; empty for all
   */
  record Rules(
      List<Drop> drops, Set<String> labels, @Nullable Redaction redaction, Dropped dropped) {}

  /** Entries that are dropped but for a share. */
  record Drop(String selector, LogCondition condition, double kept) {}

  /** Is told of entries that were dropped. */
  @FunctionalInterface
  interface Dropped {
    void dropped(String rule);
  }

  LogStages(Rules rules) {
    this.rules = rules;
    rules.drops().forEach(drop -> trials.add(drop.condition().trial()));
  }

  /** Begins a stream: its labels as they are to be stored. */
  public Map<String, String> stream(Map<String, String> labels) {
    stream = Labels.of(labels);
    dropping.clear();
    for (int i = 0; i < rules.drops().size(); i++) {
      if (rules.drops().get(i).condition().matches(stream)) {
        dropping.add(i);
      }
    }
    Redaction redaction = rules.redaction();
    redacting = redaction == null ? 0 : redaction.rules(stream);
    moved = Map.of();
    Map<String, String> kept = labels;
    if (!rules.labels().isEmpty() && !rules.labels().containsAll(labels.keySet())) {
      kept = new TreeMap<>(labels);
      kept.keySet().retainAll(rules.labels());
      moved = new TreeMap<>(labels);
      moved.keySet().removeAll(rules.labels());
    }
    if (redaction == null || !redaction.isFor(Place.LABELS, redacting)) {
      return kept;
    }
    Map<String, String> redacted = new TreeMap<>();
    kept.forEach(
        (name, value) -> redacted.put(name, redaction.apply(Place.LABELS, redacting, value)));
    Map<String, String> others = new TreeMap<>();
    moved.forEach(
        (name, value) -> others.put(name, redaction.apply(Place.LABELS, redacting, value)));
    moved = others;
    return redacted;
  }

  /** Labels of the stream that each of its entries has as structured metadata instead. */
  public Map<String, String> moved() {
    return moved;
  }

  /**
   * Whether an entry of the stream is dropped; it is counted then.
   *
   * @param metadata is asked for when a condition looks at it
   */
  public boolean drops(long time, byte[] line, int from, int to, Supplier<Labels> metadata) {
    for (int i : dropping) {
      LogStages.Drop drop = rules.drops().get(i);
      if (trials.get(i).matches(stream, time, line, from, to, metadata)
          && share(time, line, from, to) >= drop.kept()) {
        rules.dropped().dropped(drop.selector());
        return true;
      }
    }
    return false;
  }

  /** From 0 to 1, the same whenever the same entry comes. */
  private static double share(long time, byte[] line, int from, int to) {
    long hash = time * 0x9e3779b97f4a7c15L;
    for (int i = from; i < to; i++) {
      hash = (hash ^ line[i]) * 0x100000001b3L;
      hash ^= hash >>> 29;
    }
    hash = (hash ^ hash >>> 32) * 0xd6e8feb86659fd93L;
    return (hash >>> 11) * 0x1.0p-53;
  }

  /** A line as it is to be stored, null when it stays. */
  public byte @Nullable [] line(byte[] line, int from, int to) {
    Redaction redaction = rules.redaction();
    return redaction == null ? null : redaction.apply(Place.LINE, redacting, line, from, to);
  }

  /** A value of structured metadata as it is to be stored, null when it stays. */
  public byte @Nullable [] metadata(byte[] value, int from, int to) {
    Redaction redaction = rules.redaction();
    return redaction == null
        ? null
        : redaction.apply(Place.STRUCTURED_METADATA, Place.ATTRIBUTES, redacting, value, from, to);
  }
}
