package io.trilith.logstore.store;

import io.trilith.logstore.EntryRule;
import io.trilith.logstore.chunk.PageRef;
import io.trilith.logstore.chunk.StreamPages;
import io.trilith.logstore.chunk.StreamSource;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/**
 * A source without what some rules hide: pages that are hidden whole are not handed out, of others
 * the entries that are left. Thread-safe.
 */
final class HidingSource implements StreamSource {
  private final StreamSource source;
  private final List<EntryRule> rules;

  HidingSource(StreamSource source, List<EntryRule> rules) {
    this.source = source;
    this.rules = rules;
  }

  /** What is left of the pages of a stream. */
  static List<? extends PageRef> remaining(
      Labels labels, List<? extends PageRef> pages, List<EntryRule> rules) {
    List<EntryRule> ofStream = rules.stream().filter(rule -> rule.isOf(labels)).toList();
    if (ofStream.isEmpty()) {
      return pages;
    }
    List<PageRef> left = new ArrayList<>(pages.size());
    for (PageRef page : pages) {
      long min = page.minTime();
      long max = page.maxTime();
      List<EntryRule> ofPage = ofStream.stream().filter(rule -> rule.overlaps(min, max)).toList();
      if (ofPage.isEmpty()) {
        left.add(page);
      } else if (!isHidden(min, max, ofPage)) {
        left.add(new RemainingPage.Ref(page, labels, ofPage));
      }
    }
    return left;
  }

  private static boolean isHidden(long min, long max, List<EntryRule> rules) {
    for (EntryRule rule : rules) {
      if (rule.tests() == null && rule.minTime() <= min && rule.maxTime() >= max) {
        return true;
      }
    }
    return false;
  }

  /** What is left of all streams of a source. */
  static List<StreamPages> remaining(List<StreamPages> streams, List<EntryRule> rules) {
    if (rules.isEmpty()) {
      return streams;
    }
    List<StreamPages> left = new ArrayList<>(streams.size());
    for (StreamPages stream : streams) {
      List<? extends PageRef> pages = remaining(stream.labels(), stream.pages(), rules);
      if (!pages.isEmpty()) {
        left.add(new StreamPages(stream.labels(), pages));
      }
    }
    return left;
  }

  @Override
  public void select(List<Matcher> matchers, long min, long max, StreamVisitor visitor) {
    source.select(
        matchers,
        min,
        max,
        (labels, pages) -> {
          List<? extends PageRef> left = remaining(labels, pages, rules);
          if (overlap(left, min, max)) {
            visitor.accept(labels, left);
          }
        });
  }

  private static boolean overlap(List<? extends PageRef> pages, long min, long max) {
    for (PageRef page : pages) {
      if (page.minTime() <= max && page.maxTime() >= min) {
        return true;
      }
    }
    return false;
  }

  /** Whether any stream that matches loses pages. */
  private boolean hides(List<Matcher> matchers) {
    boolean[] found = new boolean[1];
    for (EntryRule rule : rules) {
      List<Matcher> both = new ArrayList<>(matchers);
      both.addAll(rule.matchers());
      source.select(both, rule.minTime(), rule.maxTime(), (_, _) -> found[0] = true);
    }
    return found[0];
  }

  @Override
  public void labelNames(List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    if (!hides(matchers)) {
      source.labelNames(matchers, min, max, into);
      return;
    }
    select(
        matchers,
        min,
        max,
        (labels, _) -> {
          for (int i = 0; i < labels.size(); i++) {
            into.add(labels.name(i));
          }
        });
  }

  @Override
  public void labelValues(
      String name, List<Matcher> matchers, long min, long max, SortedSet<String> into) {
    if (!hides(matchers)) {
      source.labelValues(name, matchers, min, max, into);
      return;
    }
    select(
        matchers,
        min,
        max,
        (labels, _) -> {
          String value = labels.get(name);
          if (!value.isEmpty()) {
            into.add(value);
          }
        });
  }
}
