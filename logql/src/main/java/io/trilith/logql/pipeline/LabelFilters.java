package io.trilith.logql.pipeline;

import io.trilith.logql.ast.LabelFilter;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.Conversions;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Compiles label filters. */
final class LabelFilters {
  static final String ERROR = "LabelFilterErr";

  private LabelFilters() {}

  static Step compile(LabelFilter filter) {
    return switch (filter) {
      case LabelFilter.Text(Matcher matcher) -> text(matcher);
      case LabelFilter.Quantity number -> entry -> compare(number, entry.labels());
      case LabelFilter.Ip ip -> {
        IpRange range = IpRange.parse(ip.pattern());
        yield entry -> matches(ip, range, entry.labels());
      }
      case LabelFilter.Chain chain -> chain(chain);
    };
  }

  private static Step text(Matcher matcher) {
    Matcher.Op op = matcher.op();
    boolean regex = op == Matcher.Op.MATCH || op == Matcher.Op.NOT_MATCH;
    LooseRegex loose = regex ? LooseRegex.of(matcher.value()) : null;
    if (loose == null) {
      return entry -> matcher.matches(entry.labels().valueOrEmpty(matcher.name()));
    }
    boolean wanted = op == Matcher.Op.MATCH;
    return entry -> loose.matches(entry.labels().valueOrEmpty(matcher.name())) == wanted;
  }

  private static boolean compare(LabelFilter.Quantity filter, EntryLabels labels) {
    String value = labels.value(filter.name());
    if (value == null) {
      return false;
    }
    try {
      double number =
          switch (filter.unit()) {
            case NONE -> Conversions.number(value);
            case DURATION -> Conversions.durationNanos(value);
            case BYTES -> Conversions.bytes(value);
          };
      return filter.comparison().test(number, filter.value());
    } catch (Conversions.Failure e) {
      if (!labels.hasError()) {
        labels.fail(ERROR, e.getMessage());
      }
      return true;
    }
  }

  private static boolean matches(LabelFilter.Ip filter, IpRange range, EntryLabels labels) {
    String value = labels.value(filter.name());
    if (value == null) {
      return false;
    }
    if (labels.hasError()) {
      return true;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    return range.foundIn(bytes, 0, bytes.length) != filter.negated();
  }

  private static Step chain(LabelFilter.Chain chain) {
    List<Step> parts = new ArrayList<>();
    for (LabelFilter part : chain.parts()) {
      parts.add(compile(part));
    }
    boolean or = chain.or();
    return entry -> {
      boolean result = !or;
      for (Step part : parts) {
        boolean holds = part.process(entry);
        if (or && holds) {
          return true;
        }
        // All sides of an "and" are evaluated: a failed conversion marks the entry.
        result &= holds;
      }
      return result;
    };
  }

  static void names(LabelFilter filter, Set<String> into) {
    switch (filter) {
      case LabelFilter.Text(Matcher matcher) -> into.add(matcher.name());
      case LabelFilter.Quantity number -> into.add(number.name());
      case LabelFilter.Ip ip -> into.add(ip.name());
      case LabelFilter.Chain chain -> chain.parts().forEach(part -> names(part, into));
    }
  }
}
