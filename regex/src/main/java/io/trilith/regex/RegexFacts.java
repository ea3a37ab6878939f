package io.trilith.regex;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be said of the texts an expression matches as a whole, without an automaton; to prune
 * with.
 *
 * @param exact all texts it matches, sorted, when they are few; null when unknown or many
 * @param prefix what every such text begins with, may be empty
 * @param required what every such text contains, and also every text in which the expression is
 *     found; none is empty
 * @param anyCase what every text in which the expression is found contains, but for the case of
 *     letters: ASCII without capital letters; may be empty
 * @param matchesEmpty whether the empty text is one
 */
public record RegexFacts(
    @Nullable List<String> exact,
    String prefix,
    List<String> required,
    String anyCase,
    boolean matchesEmpty) {
  public RegexFacts {
    exact = exact == null ? null : List.copyOf(exact);
    required = List.copyOf(required);
  }
}
