package io.trilith.logstore.chunk;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Finds which pages of a stream's sources lie apart from all others in time. */
public final class PageGroups {
  private PageGroups() {}

  /**
   * Pages that have no time in common with those of other groups.
   *
   * @param sources in order of writing, for each the pages it has in the group, in order of time
   */
  public record Group(List<List<PageRef>> sources, long min, long max) {
    /** Whether no other source has a say about these pages. */
    public boolean isSingle() {
      return sources.size() == 1;
    }
  }

  private record Sourced(int source, PageRef page) {}

  /** All pages that have entries in the range, in groups, in order of time. */
  public static List<Group> of(
      List<? extends List<? extends PageRef>> sources, long min, long max) {
    List<Sourced> pages = new ArrayList<>();
    for (int source = 0; source < sources.size(); source++) {
      for (PageRef page : sources.get(source)) {
        if (page.minTime() <= max && page.maxTime() >= min) {
          pages.add(new Sourced(source, page));
        }
      }
    }
    // Stable: pages of one source stay in their order.
    pages.sort(Comparator.comparingLong(one -> one.page.minTime()));
    List<Group> groups = new ArrayList<>();
    int from = 0;
    while (from < pages.size()) {
      long end = pages.get(from).page.maxTime();
      int to = from + 1;
      while (to < pages.size() && pages.get(to).page.minTime() <= end) {
        end = Math.max(end, pages.get(to).page.maxTime());
        to++;
      }
      groups.add(group(pages.subList(from, to), sources.size(), end));
      from = to;
    }
    return groups;
  }

  private static Group group(List<Sourced> pages, int sources, long end) {
    List<List<PageRef>> bySource = new ArrayList<>();
    for (int source = 0; source < sources; source++) {
      List<PageRef> own = new ArrayList<>();
      for (Sourced one : pages) {
        if (one.source == source) {
          own.add(one.page);
        }
      }
      if (!own.isEmpty()) {
        bySource.add(own);
      }
    }
    return new Group(bySource, pages.getFirst().page.minTime(), end);
  }
}
