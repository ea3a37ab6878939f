package io.trilith.regex;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A user's regular expression, in RE2 syntax: the one door for all of them. Matching takes time
 * linear in the input and memory that is bounded. Thread-safe; equal expressions are compiled once
 * and shared while the cache keeps them.
 */
public final class Regex {
  private static final long CACHE_BYTES_MAX =
      Math.clamp(Runtime.getRuntime().maxMemory() / 32, 4L << 20, 64L << 20);

  /** Texts up to which an automaton is as quick as looking them up, and needs no text of bytes. */
  private static final int TEXTS_WALKED_MAX = 64;

  /** Bytes a compiled expression is counted with before its tables. */
  private static final int BYTES_MIN = 1024;

  /** Sizes of an automaton between which it is not weighed again. */
  private static final long REWEIGH_BYTES = 64 << 10;

  private static final Cache<Key, Regex> CACHE =
      Caffeine.newBuilder()
          .maximumWeight(CACHE_BYTES_MAX)
          .weigher((Key key, Regex regex) -> regex.weight())
          .executor(Runnable::run)
          .build();

  private record Key(String regex, boolean dotAll) {}

  private final Key key;
  private final Node node;
  private final RegexFacts facts;
  private final @Nullable Set<String> exact;

  /** Texts that match, beside what {@link #whole} matches; null when the automaton has them all. */
  private final @Nullable Set<String> texts;

  private final Node rest;
  private final @Nullable LiteralSearch required;
  private final boolean isLiteral;
  private final boolean beginsWithRequired;
  private final boolean capturing;
  private volatile @Nullable Automaton whole;
  private volatile @Nullable Automaton search;
  private volatile @Nullable Pattern captures;
  private volatile long weighed;

  private Regex(Key key) {
    this.key = key;
    this.node = Parser.parse(key.regex, key.dotAll);
    Node stripped = Anchors.stripped(node);
    this.facts = Analysis.of(stripped);
    this.exact = facts.exact() == null ? null : Set.copyOf(facts.exact());
    this.capturing = Captures.any(node);
    Analysis.Choices choices = exact != null ? null : Analysis.choices(stripped);
    this.texts = choices == null ? exact : Set.copyOf(choices.texts());
    this.rest = choices == null ? stripped : choices.rest();
    if (exact == null) {
      // What is too large is refused here and not at the first match.
      this.whole = new Automaton(ProgramBuilder.whole(rest));
    }
    RegexFacts found = Analysis.of(node);
    List<String> exactFound = found.exact();
    String only = exactFound != null && exactFound.size() == 1 ? exactFound.getFirst() : "";
    this.isLiteral = !only.isEmpty();
    String literal = isLiteral ? only : longest(found.required());
    this.beginsWithRequired = !literal.isEmpty() && found.prefix().startsWith(literal);
    this.required =
        literal.isEmpty() ? null : new LiteralSearch(literal.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Compiles an expression.
   *
   * @param dotAll whether {@code .} matches a newline
   * @throws RegexException in RE2's words
   */
  public static Regex compile(String regex, boolean dotAll) {
    Key key = new Key(regex, dotAll);
    Regex known = CACHE.getIfPresent(key);
    if (known == null) {
      known = new Regex(key);
      Regex other = CACHE.asMap().putIfAbsent(key, known);
      known = other == null ? known : other;
    }
    return known;
  }

  /** As above, {@code .} without newlines: what LogQL and TraceQL want. */
  public static Regex compile(String regex) {
    return compile(regex, false);
  }

  private static String longest(List<String> texts) {
    String longest = "";
    for (String text : texts) {
      longest = text.length() > longest.length() ? text : longest;
    }
    return longest;
  }

  /** The expression as it was given. */
  public String pattern() {
    return key.regex;
  }

  /** What is known of the texts it matches as a whole. */
  public RegexFacts facts() {
    return facts;
  }

  /** Whether it matches a whole text. */
  public boolean matches(String text) {
    if (texts != null && (exact != null || texts.contains(text))) {
      return texts.contains(text);
    }
    boolean matches = whole().matches(text);
    weigh();
    return matches;
  }

  /** Whether it matches all of the bytes {@code from <= i < to}; what is not UTF-8 is U+FFFD. */
  public boolean matches(byte[] bytes, int from, int to) {
    if (texts != null && (exact == null || texts.size() > TEXTS_WALKED_MAX)) {
      // None of the texts has a U+FFFD, which is what wrong bytes become.
      boolean known = texts.contains(new String(bytes, from, to - from, StandardCharsets.UTF_8));
      if (known || exact != null) {
        return known;
      }
    }
    boolean matches = whole().matches(bytes, from, to);
    weigh();
    return matches;
  }

  /** Whether it is found anywhere in a text. */
  public boolean contains(String text) {
    byte[] bytes = Utf8.encode(text);
    return contains(bytes, 0, bytes.length);
  }

  /** Whether it is found anywhere in the bytes {@code from <= i < to}. */
  public boolean contains(byte[] bytes, int from, int to) {
    int start = from;
    if (required != null) {
      int at = required.indexOf(bytes, from, to);
      if (at < 0 || isLiteral) {
        return at >= 0;
      }
      if (beginsWithRequired && !search().hasAssertions()) {
        start = at;
      }
    }
    boolean found = search().matches(bytes, start, to);
    weigh();
    return found;
  }

  /** The numbers of the values that it matches as a whole, in order. */
  public int[] matching(SortedValues values) {
    int[] walked = {};
    if (exact == null) {
      walked = DictionaryWalk.run(whole(), values, facts.prefix().getBytes(StandardCharsets.UTF_8));
      weigh();
    }
    if (texts == null) {
      return walked;
    }
    int[] found = Arrays.copyOf(walked, walked.length + texts.size());
    int size = walked.length;
    for (String text : texts) {
      int at = values.find(text.getBytes(StandardCharsets.UTF_8));
      if (at >= 0 && Arrays.binarySearch(walked, at) < 0) {
        found[size++] = at;
      }
    }
    Arrays.sort(found, 0, size);
    return Arrays.copyOf(found, size);
  }

  /** Whether there are capturing groups. */
  public boolean isCapturing() {
    return capturing;
  }

  /**
   * The expression for finding where its groups match, which takes 10 to 100 times as long as
   * knowing whether it matches.
   *
   * @throws RegexException when it is too large for that
   */
  public Pattern captures() {
    Pattern made = captures;
    if (made == null) {
      Captures.checkSize(node);
      try {
        made = Pattern.compile(Printer.print(node));
      } catch (PatternSyntaxException e) {
        throw SyntaxError.of(e.getDescription(), key.regex);
      }
      captures = made;
    }
    return made;
  }

  private Automaton whole() {
    Automaton made = whole;
    return made != null ? made : makeWhole();
  }

  private synchronized Automaton makeWhole() {
    Automaton made = whole;
    if (made == null) {
      made = new Automaton(ProgramBuilder.whole(rest));
      whole = made;
    }
    return made;
  }

  private Automaton search() {
    Automaton made = search;
    return made != null ? made : makeSearch();
  }

  private synchronized Automaton makeSearch() {
    Automaton made = search;
    if (made == null) {
      made = new Automaton(ProgramBuilder.search(node));
      search = made;
    }
    return made;
  }

  private long bytes() {
    Automaton one = whole;
    Automaton two = search;
    return BYTES_MIN
        + 40L * key.regex.length()
        + (one == null ? 0 : one.bytes())
        + (two == null ? 0 : two.bytes());
  }

  private int weight() {
    weighed = bytes();
    return (int) Math.min(weighed, Integer.MAX_VALUE);
  }

  /** Tells the cache when tables have grown since it counted them. */
  private void weigh() {
    if (bytes() - weighed > REWEIGH_BYTES) {
      weighed = bytes();
      CACHE.asMap().replace(key, this, this);
    }
  }

  @Override
  public String toString() {
    return key.regex;
  }
}
