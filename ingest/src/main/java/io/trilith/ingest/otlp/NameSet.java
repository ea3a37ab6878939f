package io.trilith.ingest.otlp;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Names, and beginnings of names that are written with a star at the end. Thread-safe. */
public final class NameSet {
  private final Set<String> whole;
  private final List<String> beginnings;

  private NameSet(Set<String> whole, List<String> beginnings) {
    this.whole = whole;
    this.beginnings = beginnings;
  }

  public static NameSet of(List<String> names) {
    return new NameSet(
        names.stream().filter(name -> !name.endsWith("*")).collect(Collectors.toUnmodifiableSet()),
        names.stream()
            .filter(name -> name.endsWith("*"))
            .map(name -> name.substring(0, name.length() - 1))
            .toList());
  }

  public boolean isEmpty() {
    return whole.isEmpty() && beginnings.isEmpty();
  }

  public boolean has(String name) {
    if (whole.contains(name)) {
      return true;
    }
    for (String beginning : beginnings) {
      if (name.startsWith(beginning)) {
        return true;
      }
    }
    return false;
  }
}
