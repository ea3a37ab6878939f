package io.trilith.ingest.pipeline;

import com.google.re2j.Matcher;
import io.trilith.config.PipelineFile;
import io.trilith.config.PipelineFile.Place;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.TenantId;
import io.trilith.storage.text.RegexText;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is looked for, where, and what is written instead. Immutable, thread-safe. */
final class RedactRule {
  /** Exclusions see this much before and after a piece. */
  private static final int AROUND = 64;

  private static final CardFinder CARD = new CardFinder();
  private static final EmailFinder EMAIL = new EmailFinder();

  private final String name;
  private final Finder finder;
  private final Replacement replacement;
  private final Set<Place> places;
  private final List<String> tenants;
  private final @Nullable LogCondition selector;
  private final List<Regex> exclusions;

  /** Compiles a rule. Throws InvalidRequestException naming the rule. */
  RedactRule(PipelineFile.Redact rule, List<String> exclusions, byte[] key, Conditions conditions) {
    name = rule.name();
    try {
      finder =
          switch (rule.find()) {
            case "card" -> CARD;
            case "email" -> EMAIL;
            default -> new ExpressionFinder(rule.find());
          };
      List<Regex> compiled = new ArrayList<>();
      for (String exclusion : exclusions) {
        compiled.add(RegexText.compile(exclusion));
      }
      this.exclusions = List.copyOf(compiled);
      selector = rule.selector().isEmpty() ? null : conditions.selector(rule.selector());
    } catch (InvalidRequestException e) {
      throw new InvalidRequestException("redact rule '" + name + "': " + e.getMessage(), e);
    }
    replacement = new Replacement(rule.replace(), key);
    places = EnumSet.copyOf(rule.places());
    tenants = rule.tenants();
  }

  String name() {
    return name;
  }

  boolean isIn(Place place) {
    return places.contains(place);
  }

  boolean isFor(TenantId tenant) {
    for (String one : tenants) {
      boolean prefix = one.endsWith("*");
      String text = prefix ? one.substring(0, one.length() - 1) : one;
      if (prefix ? tenant.value().startsWith(text) : tenant.value().equals(text)) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is for what has these labels. */
  boolean isFor(Labels labels) {
    return selector == null || selector.matches(labels);
  }

  boolean hasSelector() {
    return selector != null;
  }

  boolean mayFind(byte[] text, int from, int to) {
    return finder.mayFind(text, from, to);
  }

  /** Whether a number that is no text is one to be replaced. */
  boolean isFound(long number) {
    if (finder instanceof CardFinder cards) {
      return cards.isCard(number);
    }
    if (finder instanceof EmailFinder) {
      return false;
    }
    byte[] text = LabelText.bytes(Long.toString(number));
    return finder.mayFind(text, 0, text.length);
  }

  /** How often something was replaced. */
  static final class Count {
    private int pieces;

    int pieces() {
      return pieces;
    }
  }

  /** The text with every piece replaced, null when there is none. */
  byte @Nullable [] apply(byte[] text, int from, int to, boolean line, Count count) {
    if (!finder.mayFind(text, from, to)) {
      return null;
    }
    ByteArrayOutputStream out = null;
    int copied = from;
    Finder.Search search = finder.search(text, from, to);
    while (search.next()) {
      int start = search.start(0);
      int end = search.end(0);
      if (isExcluded(text, from, to, start, end)) {
        continue;
      }
      if (out == null) {
        out = new ByteArrayOutputStream(to - from + 16);
      }
      out.write(text, copied, start - copied);
      boolean quoted = line && JsonNumbers.isOne(text, from, to, start, end);
      if (quoted) {
        out.write('"');
      }
      replacement.write(text, search, out);
      if (quoted) {
        out.write('"');
      }
      copied = end;
      count.pieces++;
    }
    if (out == null) {
      return null;
    }
    out.write(text, copied, to - copied);
    return out.toByteArray();
  }

  /** Whether something that is to stay overlaps the piece. */
  private boolean isExcluded(byte[] text, int from, int to, int start, int end) {
    if (exclusions.isEmpty()) {
      return false;
    }
    int least = Math.max(from, start - AROUND);
    byte[] around = Arrays.copyOfRange(text, least, Math.min(to, end + AROUND));
    for (Regex exclusion : exclusions) {
      if (!exclusion.contains(around, 0, around.length)) {
        continue;
      }
      Matcher matcher = RegexText.captures(exclusion).matcher(around);
      while (matcher.find()) {
        if (matcher.start() < end - least && matcher.end() > start - least) {
          return true;
        }
      }
    }
    return false;
  }
}
