package io.trilith.engine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Warnings and infos of a query, each text once, in order of appearance. Thread-safe. */
public final class Annotations {
  private static final int KEPT_MAX = 1000;

  private final Set<String> warnings = new LinkedHashSet<>();
  private final Set<String> infos = new LinkedHashSet<>();

  public synchronized void warn(String text) {
    if (warnings.size() < KEPT_MAX) {
      warnings.add(text);
    }
  }

  public synchronized void info(String text) {
    if (infos.size() < KEPT_MAX) {
      infos.add(text);
    }
  }

  public synchronized List<String> warnings() {
    return new ArrayList<>(warnings);
  }

  public synchronized List<String> infos() {
    return new ArrayList<>(infos);
  }
}
