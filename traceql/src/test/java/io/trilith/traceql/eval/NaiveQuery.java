package io.trilith.traceql.eval;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A random query together with what it means, said in the plainest way: which spans of a trace it
 * finds. It shares nothing with the engine but the spans.
 */
@SuppressWarnings("ReferenceEquality") // spans are told apart by being themselves
record NaiveQuery(String text, Function<List<Span>, Set<Span>> answer) {
  /** A condition on one span of a trace. */
  private record Condition(String text, BiPredicate<List<Span>, Span> holds) {}

  private static <T> T any(SplittableRandom random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  static @Nullable Span root(List<Span> trace) {
    Span root = null;
    for (Span span : trace) {
      boolean earlier =
          root == null
              || span.startNanos() < root.startNanos()
              || (span.startNanos() == root.startNanos() && span.spanId() < root.spanId());
      root = span.parentId() == 0 && earlier ? span : root;
    }
    return root;
  }

  private static @Nullable Span parent(List<Span> trace, Span of) {
    for (Span span : trace) {
      if (of.parentId() != 0 && span.spanId() == of.parentId() && span != of) {
        return span;
      }
    }
    return null;
  }

  private static Set<Span> ancestors(List<Span> trace, Span of) {
    Set<Span> above = new HashSet<>();
    for (Span at = parent(trace, of); at != null && above.add(at); ) {
      at = parent(trace, at);
    }
    return above;
  }

  /** Whether a span hangs on a root. */
  private static boolean isPlaced(List<Span> trace, Span span) {
    return span.parentId() == 0
        || ancestors(trace, span).stream().anyMatch(above -> above.parentId() == 0);
  }

  private static @Nullable String text(Attributes attributes, String key) {
    return attributes.find(key) instanceof AttributeValue.Text text ? text.value() : null;
  }

  static long duration(List<Span> trace) {
    long min = trace.stream().mapToLong(Span::startNanos).min().orElse(0);
    return trace.stream().mapToLong(Span::lastNanos).max().orElse(0) - min;
  }

  private static LongPredicate compared(String operator, long constant) {
    return switch (operator) {
      case "=" -> value -> value == constant;
      case "!=" -> value -> value != constant;
      case "<" -> value -> value < constant;
      case "<=" -> value -> value <= constant;
      case ">" -> value -> value > constant;
      default -> value -> value >= constant;
    };
  }

  private static Condition texts(
      SplittableRandom random,
      String field,
      List<String> constants,
      BiFunction<List<Span>, Span, @Nullable String> read) {
    String constant = any(random, constants);
    boolean equal = random.nextInt(3) > 0;
    return new Condition(
        field + (equal ? " = \"" : " != \"") + constant + "\"",
        (trace, span) -> {
          String value = read.apply(trace, span);
          return value != null && value.equals(constant) == equal;
        });
  }

  private static Condition numbers(
      SplittableRandom random,
      String field,
      String unit,
      long factor,
      int max,
      BiFunction<List<Span>, Span, @Nullable Long> read) {
    long constant = random.nextInt(max);
    String operator = any(random, List.of("=", "!=", "<", "<=", ">", ">="));
    LongPredicate test = compared(operator, constant * factor);
    return new Condition(
        field + " " + operator + " " + constant + unit,
        (trace, span) -> {
          Long value = read.apply(trace, span);
          return value != null && test.test(value);
        });
  }

  private static Condition condition(SplittableRandom random, int depth) {
    if (depth < 3 && random.nextInt(3) == 0) {
      Condition a = condition(random, depth + 1);
      Condition b = condition(random, depth + 1);
      boolean and = random.nextBoolean();
      return new Condition(
          "(" + a.text + (and ? " && " : " || ") + b.text + ")",
          and ? a.holds.and(b.holds) : a.holds.or(b.holds));
    }
    List<String> names = List.of("op0", "op1", "op2", "op3");
    List<String> services = List.of("s0", "s1", "s2", "s3", "s4");
    return switch (random.nextInt(13)) {
      case 0 -> texts(random, "name", names, (t, s) -> s.name());
      case 1 ->
          texts(
              random,
              "resource.service.name",
              services,
              (t, s) -> text(s.resource().attributes(), "service.name"));
      case 2 ->
          texts(random, "span.s", List.of("x", "y", "z"), (t, s) -> text(s.attributes(), "s"));
      case 3 ->
          numbers(
              random,
              "span.n",
              "",
              1,
              6,
              (t, s) ->
                  s.attributes().find("n") instanceof AttributeValue.Int n ? n.value() : null);
      case 4 -> numbers(random, "duration", "ms", 1_000_000, 60, (t, s) -> s.durationNanos());
      default -> whole(random);
    };
  }

  /** Conditions that look at other spans too. */
  private static Condition whole(SplittableRandom random) {
    List<String> names = List.of("op0", "op1", "op2", "op3");
    List<String> services = List.of("s0", "s1", "s2", "s3", "s4");
    return switch (random.nextInt(5, 13)) {
      case 5 -> numbers(random, "traceDuration", "s", 1_000_000_000, 700, (t, s) -> duration(t));
      case 6 ->
          texts(
              random,
              "rootName",
              names,
              (t, s) -> {
                Span root = root(t);
                return root == null ? "" : root.name();
              });
      case 7 ->
          texts(
              random,
              "rootServiceName",
              services,
              (t, s) -> {
                Span root = root(t);
                String service =
                    root == null ? null : text(root.resource().attributes(), "service.name");
                return service == null ? "" : service;
              });
      case 8 -> {
        boolean error = random.nextBoolean();
        yield new Condition(
            error ? "status = error" : "status != error",
            (t, s) -> (s.status().code() == 2) == error);
      }
      case 10 ->
          numbers(
              random,
              "parent.n",
              "",
              1,
              6,
              (t, s) -> {
                Span parent = parent(t, s);
                return parent != null
                        && parent.attributes().find("n") instanceof AttributeValue.Int n
                    ? n.value()
                    : null;
              });
      case 11 ->
          texts(
              random,
              any(random, List.of("parent.service.name", "parent.resource.service.name")),
              services,
              (t, s) -> {
                Span parent = parent(t, s);
                return parent == null ? null : text(parent.resource().attributes(), "service.name");
              });
      case 9 ->
          numbers(
              random,
              "span:childCount",
              "",
              1,
              4,
              (t, s) -> t.stream().filter(child -> parent(t, child) == s).count());
      default ->
          new Condition("nestedSetParent < 0", (t, s) -> s.parentId() == 0 && isPlaced(t, s));
    };
  }

  private static boolean related(String operator, List<Span> trace, Span left, Span right) {
    if (left == right || !isPlaced(trace, left) || !isPlaced(trace, right)) {
      return false;
    }
    return switch (operator) {
      case ">" -> parent(trace, right) == left;
      case ">>" -> ancestors(trace, right).contains(left);
      case "<" -> parent(trace, left) == right;
      case "<<" -> ancestors(trace, left).contains(right);
      default -> {
        Span parent = parent(trace, left);
        yield parent != null && parent == parent(trace, right);
      }
    };
  }

  private static NaiveQuery spansets(SplittableRandom random, int depth) {
    if (depth >= 2 || random.nextInt(2) == 0) {
      Condition condition = condition(random, 0);
      return new NaiveQuery(
          "{ " + condition.text + " }",
          trace -> {
            Set<Span> found = new HashSet<>();
            trace.forEach(span -> addIf(condition.holds.test(trace, span), span, found));
            return found;
          });
    }
    NaiveQuery left = spansets(random, depth + 1);
    NaiveQuery right = spansets(random, depth + 1);
    String operator = any(random, List.of("&&", "||", ">", ">>", "<", "<<", "~"));
    boolean both = operator.equals("&&") || operator.equals("||");
    String mode = both ? "" : any(random, List.of("", "", "!", "&"));
    return new NaiveQuery(
        "(" + left.text + " " + mode + operator + " " + right.text + ")",
        trace ->
            combined(mode, operator, trace, left.answer.apply(trace), right.answer.apply(trace)));
  }

  private static void addIf(boolean holds, Span span, Set<Span> into) {
    if (holds) {
      into.add(span);
    }
  }

  private static Set<Span> combined(
      String mode, String operator, List<Span> trace, Set<Span> left, Set<Span> right) {
    Set<Span> found = new HashSet<>();
    if (operator.equals("&&") || operator.equals("||")) {
      boolean none = operator.equals("&&") && (left.isEmpty() || right.isEmpty());
      if (!none) {
        found.addAll(left);
        found.addAll(right);
      }
      return found;
    }
    for (Span b : right) {
      boolean any = left.stream().anyMatch(a -> related(operator, trace, a, b));
      addIf(any != mode.equals("!"), b, found);
    }
    if (mode.equals("&")) {
      for (Span a : left) {
        addIf(right.stream().anyMatch(b -> related(operator, trace, a, b)), a, found);
      }
    }
    return found;
  }

  static NaiveQuery random(SplittableRandom random) {
    NaiveQuery sets = spansets(random, 0);
    int wanted = random.nextInt(6);
    String operator = any(random, List.of("=", "!=", "<", "<=", ">", ">="));
    LongPredicate test = compared(operator, wanted);
    return switch (random.nextInt(4)) {
      case 0 ->
          new NaiveQuery(
              sets.text + " | count() " + operator + " " + wanted,
              trace -> kept(sets.answer.apply(trace), found -> test.test(found.size())));
      case 1 -> {
        LongPredicate millis = compared(operator, wanted * 10_000_000L);
        yield new NaiveQuery(
            sets.text + " | max(duration) " + operator + " " + wanted * 10 + "ms",
            trace ->
                kept(
                    sets.answer.apply(trace),
                    found ->
                        millis.test(
                            found.stream().mapToLong(Span::durationNanos).max().orElse(0))));
      }
      default -> sets;
    };
  }

  private static Set<Span> kept(Set<Span> found, Predicate<Set<Span>> test) {
    return found.isEmpty() || !test.test(found) ? Set.of() : found;
  }
}
