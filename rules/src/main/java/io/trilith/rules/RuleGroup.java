package io.trilith.rules;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Rules that are evaluated together, in order. Immutable.
 *
 * @param intervalMillis 0 for the server's
 * @param queryOffsetMillis absent for the server's
 * @param limit series or alerts one rule may have; 0 for any number
 * @param labels of all its rules
 * @param foreign keys of Mimir's that are kept and mean nothing here, by name
 */
public record RuleGroup(
    String name,
    long intervalMillis,
    OptionalLong queryOffsetMillis,
    int limit,
    Map<String, String> labels,
    Language language,
    List<Rule> rules,
    Map<String, Object> foreign) {}
