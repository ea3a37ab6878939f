package io.trilith.config;

import java.util.List;
import java.util.Locale;

/** One step of what becomes of labels, with the names and defaults of Prometheus. */
public record RelabelConfig(
    @Key(doc = "Labels whose values are joined and compared.") List<String> sourceLabels,
    @Key(doc = "What is put between the values.", value = ";") String separator,
    @Key(doc = "RE2 expression for the joined values, anchored at both ends.", value = "(.*)")
        String regex,
    @Key(doc = "Label that is written; of replace, hashmod, lowercase and uppercase.")
        String targetLabel,
    @Key(doc = "What is written, with $1 for groups of the expression.", value = "$1")
        String replacement,
    @Key(doc = "What hashes are taken modulo of.", value = "0") int modulus,
    @Key(
            doc =
                "replace, keep, drop, keepequal, dropequal, hashmod, labelmap, labeldrop, labelkeep, lowercase or uppercase.",
            value = "replace")
        Action action) {
  /** What a step does. */
  public enum Action {
    REPLACE,
    KEEP,
    DROP,
    KEEPEQUAL,
    DROPEQUAL,
    HASHMOD,
    LABELMAP,
    LABELDROP,
    LABELKEEP,
    LOWERCASE,
    UPPERCASE
  }

  public RelabelConfig {
    sourceLabels = List.copyOf(sourceLabels);
    boolean writes =
        switch (action) {
          case REPLACE, HASHMOD, LOWERCASE, UPPERCASE, KEEPEQUAL, DROPEQUAL -> true;
          case KEEP, DROP, LABELMAP, LABELDROP, LABELKEEP -> false;
        };
    if (writes && targetLabel.isEmpty()) {
      throw new IllegalArgumentException(
          "action " + action.name().toLowerCase(Locale.ROOT) + " needs a target-label");
    }
    if (action == Action.HASHMOD && modulus < 1) {
      throw new IllegalArgumentException("action hashmod needs a modulus of at least 1");
    }
  }
}
