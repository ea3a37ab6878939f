package io.trilith.regex;

import io.trilith.regex.Node.Assertion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses RE2 syntax as Go's regexp does (flags Perl), with Go's errors. Groups are kept on a stack
 * of its own, so that depth is a limit and not an accident.
 */
final class Parser {
  /**
   * Levels an expression may have, groups and repetitions counted. Go allows 1000; what walks the
   * tree is recursive here and has the stack of a request's thread.
   */
  static final int DEPTH_MAX = 250;

  private static final int REPEAT_MAX = 1000;
  private static final int MALFORMED = -2;

  private static final int FOLD = 1;
  private static final int MULTI_LINE = 2;
  private static final int DOT_ALL = 4;
  private static final int LAZY = 8;

  /** A node with what its limits need: its depth, and the greatest product of its repetitions. */
  private record Item(Node node, int depth, int repeats) {}

  /** A group that is open, or the whole expression. */
  private static final class Frame {
    final List<Item> parts = new ArrayList<>();
    final List<Item> choices = new ArrayList<>();
    final boolean captures;
    final @Nullable String name;
    final int flagsOutside;

    Frame(boolean captures, @Nullable String name, int flagsOutside) {
      this.captures = captures;
      this.name = name;
      this.flagsOutside = flagsOutside;
    }
  }

  private final String regex;
  private final ClassParser classes;
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Set<String> names = new HashSet<>();
  private int flags;
  private int at;
  private Frame frame = new Frame(false, null, 0);

  private Parser(String regex, int flags) {
    this.regex = regex;
    this.flags = flags;
    this.classes = new ClassParser(regex);
  }

  /** Throws RegexException. */
  static Node parse(String regex, boolean dotAll) {
    for (int i = 0; i < regex.length(); i++) {
      int c = regex.codePointAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw SyntaxError.of(SyntaxError.UTF8, regex.substring(i, i + 1));
      }
      i += Character.charCount(c) - 1;
    }
    return new Parser(regex, dotAll ? DOT_ALL : 0).parse();
  }

  private Node parse() {
    int repeatAt = -1;
    while (at < regex.length()) {
      char c = regex.charAt(at);
      int repeated = -1;
      switch (c) {
        case '(' -> open();
        case ')' -> close();
        case '|' -> {
          at++;
          frame.choices.add(concat(frame.parts));
          frame.parts.clear();
        }
        case '*', '+', '?' -> {
          repeated = at++;
          repeat(c == '+' ? 1 : 0, c == '?' ? 1 : -1, repeated, repeatAt);
        }
        case '{' -> {
          repeated = at;
          if (!counted(repeatAt)) {
            repeated = -1;
            at++;
            push(new Node.Literal('{'));
          }
        }
        default -> atom(c);
      }
      repeatAt = repeated;
    }
    if (!frames.isEmpty()) {
      throw SyntaxError.of(SyntaxError.MISSING_PAREN, regex);
    }
    return alternate().node();
  }

  private boolean has(int flag) {
    return (flags & flag) != 0;
  }

  private void push(Node node) {
    frame.parts.add(new Item(node, 1, 1));
  }

  /** Expressions of hundreds of kilobytes are letters of ASCII, nearly all of them. */
  private static final Item[] ASCII = new Item[128];

  static {
    for (int i = 0; i < ASCII.length; i++) {
      ASCII[i] = new Item(new Node.Literal(i), 1, 1);
    }
  }

  private void place(Assertion assertion) {
    push(new Node.Place(assertion));
  }

  private void atom(char c) {
    switch (c) {
      case '^' -> {
        at++;
        place(has(MULTI_LINE) ? Assertion.BEGIN_LINE : Assertion.BEGIN_TEXT);
      }
      case '$' -> {
        at++;
        place(has(MULTI_LINE) ? Assertion.END_LINE : Assertion.END_TEXT);
      }
      case '.' -> {
        at++;
        push(new Node.Chars(has(DOT_ALL) ? CharSet.ANY : CharSet.NOT_NEWLINE));
      }
      case '[' -> {
        classes.at = at;
        CharSet set = classes.bracketed(has(FOLD));
        at = classes.at;
        boolean single = set.count(2) == 1;
        push(single ? new Node.Literal(set.lo(0)) : new Node.Chars(set));
      }
      case '\\' -> escape();
      default -> {
        int codePoint = regex.codePointAt(at);
        at += Character.charCount(codePoint);
        literal(codePoint);
      }
    }
  }

  private void literal(int codePoint) {
    boolean folds = has(FOLD) && CaseFolds.orbit(codePoint) != null;
    if (folds) {
      push(new Node.Chars(CharSet.of(codePoint, codePoint).folded()));
    } else if (codePoint < ASCII.length) {
      frame.parts.add(ASCII[codePoint]);
    } else {
      push(new Node.Literal(codePoint));
    }
  }

  private void escape() {
    char c = at + 1 < regex.length() ? regex.charAt(at + 1) : 0;
    switch (c) {
      case 'A', 'b', 'B', 'z' -> {
        at += 2;
        place(
            switch (c) {
              case 'A' -> Assertion.BEGIN_TEXT;
              case 'b' -> Assertion.WORD_BOUNDARY;
              case 'B' -> Assertion.NO_WORD_BOUNDARY;
              default -> Assertion.END_TEXT;
            });
      }
      case 'Q' -> {
        int end = regex.indexOf("\\E", at + 2);
        int to = end < 0 ? regex.length() : end;
        for (at += 2; at < to; ) {
          int codePoint = regex.codePointAt(at);
          at += Character.charCount(codePoint);
          literal(codePoint);
        }
        at = end < 0 ? to : end + 2;
      }
      default -> {
        classes.at = at;
        CharSet set = classes.escapedSet(has(FOLD));
        if (set != null) {
          push(new Node.Chars(set));
        } else {
          literal(classes.escape());
        }
        at = classes.at;
      }
    }
  }

  private void open() {
    if (frames.size() >= DEPTH_MAX) {
      throw SyntaxError.tooDeep(DEPTH_MAX, regex);
    }
    if (!regex.startsWith("(?", at)) {
      at++;
      enter(true, null);
    } else if (regex.startsWith("(?P<", at) || regex.startsWith("(?<", at)) {
      named(regex.indexOf('<', at) + 1);
    } else {
      flags();
    }
  }

  private void enter(boolean captures, @Nullable String name) {
    frames.push(frame);
    frame = new Frame(captures, name, flags);
  }

  private void named(int from) {
    int end = regex.indexOf('>', from);
    if (end < 0) {
      throw SyntaxError.of(SyntaxError.NAMED_CAPTURE, regex.substring(at));
    }
    String name = regex.substring(from, end);
    boolean valid = !name.isEmpty();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      valid &= c == '_' || (c < 0x80 && Character.isLetterOrDigit(c));
    }
    if (!valid) {
      throw SyntaxError.of(SyntaxError.NAMED_CAPTURE, regex.substring(at, end + 1));
    }
    if (!names.add(name)) {
      throw SyntaxError.of(SyntaxError.DUPLICATE_NAME, name);
    }
    at = end + 1;
    enter(true, name);
  }

  /** {@code (?flags)} and {@code (?flags:}. */
  private void flags() {
    final int start = at;
    at += 2;
    int on = 0;
    int off = 0;
    boolean minus = false;
    boolean seen = false;
    while (at < regex.length()) {
      int c = regex.codePointAt(at);
      at += Character.charCount(c);
      int flag = "imsU".indexOf(c);
      if (flag >= 0) {
        on |= minus ? 0 : 1 << flag;
        off |= minus ? 1 << flag : 0;
        seen = true;
      } else if (c == '-' && !minus) {
        minus = true;
        seen = false;
      } else if ((c == ':' || c == ')') && (seen || !minus)) {
        if (c == ':') {
          enter(false, null);
        }
        flags = (flags | on) & ~off;
        return;
      } else {
        break;
      }
    }
    throw SyntaxError.of(SyntaxError.PERL, regex.substring(start, at));
  }

  private void close() {
    if (frames.isEmpty()) {
      throw SyntaxError.of(SyntaxError.UNEXPECTED_PAREN, regex);
    }
    at++;
    Item inner = alternate();
    Frame closed = frame;
    frame = frames.pop();
    flags = closed.flagsOutside;
    frame.parts.add(
        closed.captures ? deeper(new Node.Group(inner.node(), closed.name), inner) : inner);
  }

  private Item deeper(Node node, Item body) {
    if (body.depth() >= DEPTH_MAX) {
      throw SyntaxError.tooDeep(DEPTH_MAX, regex);
    }
    return new Item(node, body.depth() + 1, body.repeats());
  }

  private static Item all(List<Item> items, Node node) {
    int depth = 1;
    int repeats = 1;
    for (Item item : items) {
      depth = Math.max(depth, item.depth());
      repeats = Math.max(repeats, item.repeats());
    }
    return new Item(node, depth + (items.size() > 1 ? 1 : 0), repeats);
  }

  private static Item concat(List<Item> parts) {
    return all(parts, Node.concat(parts.stream().map(Item::node).toList()));
  }

  private Item alternate() {
    frame.choices.add(concat(frame.parts));
    return all(frame.choices, Node.alternate(frame.choices.stream().map(Item::node).toList()));
  }

  /** {@code {n}}, {@code {n,}}, {@code {n,m}}; false when the brace is an ordinary character. */
  private boolean counted(int repeatAt) {
    int start = at;
    int end = regex.indexOf('}', at);
    int comma = regex.indexOf(',', at);
    if (end < 0) {
      return false;
    }
    boolean two = comma >= 0 && comma < end;
    int min = number(start + 1, two ? comma : end);
    int max = two && comma + 1 == end ? -1 : two ? number(comma + 1, end) : min;
    if (min == MALFORMED || max == MALFORMED) {
      return false;
    }
    at = end + 1;
    if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max)) {
      throw SyntaxError.of(SyntaxError.REPEAT_SIZE, regex.substring(start, at));
    }
    repeat(min, max, start, repeatAt);
    return true;
  }

  private int number(int from, int to) {
    if (from >= to || (to - from > 1 && regex.charAt(from) == '0')) {
      return MALFORMED;
    }
    int value = 0;
    for (int i = from; i < to; i++) {
      char c = regex.charAt(i);
      if (c < '0' || c > '9') {
        return MALFORMED;
      }
      value = Math.min(value * 10 + c - '0', REPEAT_MAX + 1);
    }
    return value;
  }

  private void repeat(int min, int max, int start, int repeatAt) {
    boolean lazy = at < regex.length() && regex.charAt(at) == '?';
    if (lazy) {
      at++;
    }
    if (repeatAt >= 0) {
      throw SyntaxError.of(SyntaxError.REPEAT_OP, regex.substring(repeatAt, at));
    }
    if (frame.parts.isEmpty()) {
      throw missingArgument(start);
    }
    Item body = frame.parts.removeLast();
    boolean greedy = lazy == has(LAZY);
    Item item = deeper(new Node.Repeat(body.node(), min, max, greedy), body);
    int times = Math.max(1, Math.max(min, max)) * body.repeats();
    if (times > REPEAT_MAX && Math.max(min, max) >= 2) {
      throw SyntaxError.of(SyntaxError.REPEAT_SIZE, regex.substring(start, at));
    }
    frame.parts.add(new Item(item.node(), item.depth(), max == 0 ? 1 : times));
  }

  private RegexException missingArgument(int start) {
    return SyntaxError.of(SyntaxError.MISSING_ARGUMENT, regex.substring(start, at));
  }
}
