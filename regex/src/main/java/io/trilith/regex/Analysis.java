package io.trilith.regex;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the facts of an expression, bottom up. U+FFFD is never part of a literal here: it also
 * matches bytes that are not UTF-8, which a comparison of bytes would miss.
 */
final class Analysis {
  /** Texts that alternatives may add up to, and texts that concatenation may multiply out to. */
  private static final int EXACT_MAX = 100_000;

  private static final int PRODUCT_MAX = 256;
  private static final int EXACT_CHARS_MAX = 4 << 20;
  private static final int PRODUCT_CHARS_MAX = 16 << 10;

  /** Of each text more, where a prefix or suffix is common to many. */
  private static final int PRODUCT_CHARS_EACH = 64;

  /** Characters of a prefix, a suffix, half a required text. */
  private static final int LITERAL_MAX = 512;

  /** Texts that are better looked up than walked through. */
  private static final int TEXTS_MIN = 64;

  private static final int REQUIRED_MAX = 16;
  private static final int REPLACEMENT = 0xFFFD;

  /**
   * What is known of a node.
   *
   * @param exact all texts it matches, null when not known
   * @param prefix what all its texts begin with
   * @param suffix what all its texts end with
   * @param required what all its texts contain
   */
  private record Known(
      @Nullable Set<String> exact, String prefix, String suffix, Set<String> required) {

    static final Known NOTHING = new Known(null, "", "", Set.of());
    static final Known EMPTY = exactly(Set.of(""));

    static Known exactly(Set<String> texts) {
      if (texts.isEmpty()) {
        return new Known(texts, "", "", Set.of());
      }
      String prefix = first(Analysis.prefix(texts));
      String suffix = last(Analysis.suffix(texts));
      Set<String> required = new LinkedHashSet<>();
      addRequired(required, prefix);
      addRequired(required, suffix);
      return new Known(texts, prefix, suffix, required);
    }

    boolean isEmptyText() {
      return exact != null && exact.size() == 1 && exact.contains("");
    }

    boolean isSingle() {
      return exact != null && exact.size() == 1;
    }
  }

  private Analysis() {}

  static RegexFacts of(Node node) {
    Known known = known(node);
    List<String> required = new ArrayList<>(known.required());
    List<String> exact = known.exact() == null ? null : known.exact().stream().sorted().toList();
    return new RegexFacts(exact, known.prefix(), required, anyCase(node), matchesEmpty(node));
  }

  /**
   * The texts that choices of an expression match, when most of its many choices match nothing but
   * texts: it is a set of texts then, and what the rest of its choices match. Else null.
   */
  static @Nullable Choices choices(Node node) {
    Node inner = node;
    while (inner instanceof Node.Group group) {
      inner = group.body();
    }
    if (!(inner instanceof Node.Alternate alternate)) {
      return null;
    }
    Set<String> texts = new LinkedHashSet<>();
    List<Node> rest = new ArrayList<>();
    for (Node choice : alternate.choices()) {
      Set<String> exact = known(choice).exact();
      if (exact == null || texts.size() + exact.size() > EXACT_MAX) {
        rest.add(choice);
      } else {
        texts.addAll(exact);
      }
    }
    boolean many = texts.size() >= TEXTS_MIN && texts.size() > rest.size();
    return many && !rest.isEmpty() ? new Choices(texts, Node.alternate(rest)) : null;
  }

  /** Texts, and what else matches. */
  record Choices(Set<String> texts, Node rest) {}

  /** The longest text that all matches contain in one case or another. */
  private static String anyCase(Node node) {
    return switch (node) {
      case Node.Group group -> anyCase(group.body());
      case Node.Repeat repeat -> repeat.min() > 0 ? anyCase(repeat.body()) : "";
      case Node.Concat concat -> {
        String longest = "";
        StringBuilder run = new StringBuilder();
        for (Node part : concat.parts()) {
          int letter = foldedAscii(part);
          if (letter >= 0) {
            run.append((char) letter);
          } else {
            longest = longer(longest, run.toString());
            run.setLength(0);
            longest = longer(longest, anyCase(part));
          }
        }
        yield longer(longest, run.toString());
      }
      case Node.Literal _, Node.Chars _ -> {
        int letter = foldedAscii(node);
        yield letter >= 0 ? Character.toString(letter) : "";
      }
      default -> "";
    };
  }

  private static String longer(String a, String b) {
    String longer = b.length() > a.length() ? b : a;
    return longer.substring(0, Math.min(LITERAL_MAX, longer.length()));
  }

  /**
   * The small letter, or other character of ASCII, that a node matches in one case or both and
   * nothing else; -1 for any other node. With {@code (?i)}, k and s match letters beyond ASCII too.
   */
  private static int foldedAscii(Node node) {
    if (node instanceof Node.Literal(int c)) {
      return c < 128 ? Character.toLowerCase(c) : -1;
    }
    if (!(node instanceof Node.Chars chars) || chars.set().count(3) != 2) {
      return -1;
    }
    CharSet set = chars.set();
    int low = set.lo(0);
    int high = set.hi(set.size() - 1);
    return low >= 'A' && low <= 'Z' && high == low + 32 ? high : -1;
  }

  /** Whether the empty text as a whole matches: all places are true of it but word boundaries. */
  private static boolean matchesEmpty(Node node) {
    return switch (node) {
      case Node.Empty _ -> true;
      case Node.Literal _, Node.Chars _ -> false;
      case Node.Place place -> place.assertion() != Node.Assertion.WORD_BOUNDARY;
      case Node.Concat concat -> concat.parts().stream().allMatch(Analysis::matchesEmpty);
      case Node.Alternate alternate ->
          alternate.choices().stream().anyMatch(Analysis::matchesEmpty);
      case Node.Repeat repeat -> repeat.min() == 0 || matchesEmpty(repeat.body());
      case Node.Group group -> matchesEmpty(group.body());
    };
  }

  private static Known known(Node node) {
    return switch (node) {
      case Node.Empty _ -> Known.EMPTY;
      case Node.Literal literal -> literal(literal.codePoint());
      case Node.Chars chars -> chars(chars.set());
      // True of some texts only: what is around it still holds.
      case Node.Place _ -> Known.NOTHING;
      case Node.Concat concat -> concat(concat.parts());
      case Node.Alternate alternate -> alternate(alternate.choices());
      case Node.Repeat repeat -> repeat(repeat);
      case Node.Group group -> known(group.body());
    };
  }

  private static boolean isLiteral(int codePoint) {
    return codePoint != REPLACEMENT && !Utf8.isSurrogate(codePoint);
  }

  private static Known literal(int codePoint) {
    return isLiteral(codePoint)
        ? Known.exactly(Set.of(Character.toString(codePoint)))
        : Known.NOTHING;
  }

  private static Known chars(CharSet set) {
    if (set.count(PRODUCT_MAX) == PRODUCT_MAX || set.contains(REPLACEMENT)) {
      return Known.NOTHING;
    }
    Set<String> texts = new LinkedHashSet<>();
    for (int i = 0; i < set.size(); i++) {
      for (int c = set.lo(i); c <= set.hi(i); c++) {
        if (!isLiteral(c)) {
          return Known.NOTHING;
        }
        texts.add(Character.toString(c));
      }
    }
    return Known.exactly(texts);
  }

  private static Known repeat(Node.Repeat repeat) {
    if (repeat.max() == 0) {
      return Known.EMPTY;
    }
    Known body = known(repeat.body());
    if (repeat.min() == 0) {
      if (repeat.max() != 1 || body.exact() == null) {
        return Known.NOTHING;
      }
      Set<String> texts = new LinkedHashSet<>(body.exact());
      texts.add("");
      return Known.exactly(texts);
    }
    if (body.exact() == null || repeat.max() != repeat.min()) {
      return new Known(null, body.prefix(), body.suffix(), body.required());
    }
    Known all = body;
    for (int i = 1; i < repeat.min(); i++) {
      Set<String> product = product(all, body);
      if (product == null) {
        return new Known(null, all.prefix(), body.suffix(), all.required());
      }
      all = Known.exactly(product);
    }
    return all;
  }

  private static @Nullable Set<String> product(Known left, Known right) {
    if (left.exact() == null || right.exact() == null) {
      return null;
    }
    long count = (long) left.exact().size() * right.exact().size();
    boolean many = count > PRODUCT_MAX && left.exact().size() > 1 && right.exact().size() > 1;
    if (many || count > EXACT_MAX) {
      return null;
    }
    if (left.isEmptyText() || right.isEmptyText()) {
      return left.isEmptyText() ? right.exact() : left.exact();
    }
    Set<String> texts = new LinkedHashSet<>();
    long chars = 0;
    for (String first : left.exact()) {
      for (String second : right.exact()) {
        chars += first.length() + second.length();
        if (chars > PRODUCT_CHARS_MAX + count * PRODUCT_CHARS_EACH) {
          return null;
        }
        texts.add(first + second);
      }
    }
    return texts;
  }

  private static Known concat(List<Node> parts) {
    Known all = Known.EMPTY;
    StringBuilder run = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      // A run of literals is one step, or a long text would be copied once for each of its letters.
      run.setLength(0);
      while (i < parts.size()
          && parts.get(i) instanceof Node.Literal(int codePoint)
          && isLiteral(codePoint)) {
        run.appendCodePoint(codePoint);
        i++;
      }
      if (!run.isEmpty()) {
        all = concat(all, Known.exactly(Set.of(run.toString())));
      }
      if (i < parts.size()) {
        all = concat(all, known(parts.get(i)));
      }
    }
    return all;
  }

  private static Known concat(Known left, Known right) {
    Set<String> product = product(left, right);
    if (product != null) {
      return Known.exactly(product);
    }
    Set<String> required = new LinkedHashSet<>(left.required());
    right.required().forEach(text -> addRequired(required, text));
    addRequired(required, left.suffix() + right.prefix());
    String prefix = left.isSingle() ? left.prefix() + right.prefix() : left.prefix();
    String suffix = right.isSingle() ? left.suffix() + right.suffix() : right.suffix();
    return new Known(null, first(prefix), last(suffix), limited(required));
  }

  private static String first(String text) {
    if (text.length() <= LITERAL_MAX) {
      return text;
    }
    boolean cut = Character.isHighSurrogate(text.charAt(LITERAL_MAX - 1));
    return text.substring(0, LITERAL_MAX - (cut ? 1 : 0));
  }

  private static String last(String text) {
    int from = text.length() - LITERAL_MAX;
    if (from <= 0) {
      return text;
    }
    return text.substring(Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
  }

  private static Known alternate(List<Node> choices) {
    Set<String> exact = new LinkedHashSet<>();
    List<Known> all = new ArrayList<>();
    boolean finite = true;
    int chars = 0;
    for (Node choice : choices) {
      Known known = known(choice);
      all.add(known);
      if (known.exact() == null) {
        finite = false;
      } else if (finite) {
        exact.addAll(known.exact());
        chars += known.exact().stream().mapToInt(String::length).sum();
        finite = exact.size() <= EXACT_MAX && chars <= EXACT_CHARS_MAX;
      }
    }
    if (finite) {
      return Known.exactly(exact);
    }
    String prefix = prefix(all.stream().map(Known::prefix).toList());
    String suffix = suffix(all.stream().map(Known::suffix).toList());
    Set<String> required = new LinkedHashSet<>(all.getFirst().required());
    for (Known known : all) {
      required.removeIf(text -> known.required().stream().noneMatch(r -> r.contains(text)));
    }
    addRequired(required, prefix);
    addRequired(required, suffix);
    return new Known(null, prefix, suffix, limited(required));
  }

  /** Adds a text, unless one that contains it is there, and takes away those that it contains. */
  private static void addRequired(Set<String> required, String text) {
    if (text.isEmpty() || required.stream().anyMatch(r -> r.contains(text))) {
      return;
    }
    required.removeIf(text::contains);
    required.add(text);
  }

  private static Set<String> limited(Set<String> required) {
    if (required.size() <= REQUIRED_MAX) {
      return required;
    }
    Set<String> longest = new LinkedHashSet<>();
    required.stream()
        .sorted((a, b) -> Integer.compare(b.length(), a.length()))
        .limit(REQUIRED_MAX)
        .forEach(longest::add);
    return longest;
  }

  private static String prefix(Iterable<String> texts) {
    String prefix = null;
    for (String text : texts) {
      if (prefix == null) {
        prefix = text;
        continue;
      }
      int length = 0;
      int max = Math.min(prefix.length(), text.length());
      while (length < max && prefix.charAt(length) == text.charAt(length)) {
        length++;
      }
      if (length > 0 && Character.isHighSurrogate(prefix.charAt(length - 1))) {
        length--;
      }
      prefix = prefix.substring(0, length);
    }
    return prefix == null ? "" : prefix;
  }

  private static String suffix(Iterable<String> texts) {
    List<String> reversed = new ArrayList<>();
    texts.forEach(text -> reversed.add(new StringBuilder(text).reverse().toString()));
    return new StringBuilder(prefix(reversed)).reverse().toString();
  }
}
