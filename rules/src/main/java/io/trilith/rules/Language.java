package io.trilith.rules;

import java.util.Locale;
import java.util.Optional;

/** In which a group's expressions are written. */
public enum Language {
  PROMQL,
  LOGQL,
  TRACEQL;

  /** As it stands in files: {@code promql}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** That of a text. */
  public static Optional<Language> of(String text) {
    for (Language language : values()) {
      if (language.text().equals(text)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }
}
