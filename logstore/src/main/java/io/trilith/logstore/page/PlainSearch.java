package io.trilith.logstore.page;

import java.util.Arrays;
import java.util.List;

/** Looks for what is wanted in a page without columns: a search of its bytes. */
public final class PlainSearch {
  private PlainSearch() {}

  /** A bit for each entry that may be wanted. */
  public static long[] select(PlainPage page, PageScan scan) {
    int words = (page.count() + 63) / 64;
    long[] wanted = new long[words];
    Column.fill(wanted, page.count());
    for (List<PageScan.Term> clause : scan.clauses()) {
      long[] any = new long[words];
      for (PageScan.Term term : clause) {
        switch (term) {
          case PageScan.LineTerm line -> lines(page, line.needle, any);
          case PageScan.MetadataTerm is -> metadata(page, is, any);
        }
      }
      for (int i = 0; i < words; i++) {
        wanted[i] &= any[i];
      }
    }
    return wanted;
  }

  private static void lines(PlainPage page, Needle needle, long[] found) {
    int[] starts = page.lineStarts();
    int[] ends = page.lineEnds();
    int from = 0;
    while (from < page.count()) {
      // Lines that stand one behind the other are searched at once.
      int to = from + 1;
      while (to < page.count() && starts[to] == ends[to - 1]) {
        to++;
      }
      search(page, needle, from, to, found);
      from = to;
    }
  }

  private static void search(PlainPage page, Needle needle, int from, int to, long[] found) {
    int[] ends = page.lineEnds();
    int at = page.lineStarts()[from];
    int entry = from;
    while (entry < to) {
      int hit = needle.indexOf(page.lines(), at, ends[to - 1]);
      if (hit < 0) {
        return;
      }
      int place = Arrays.binarySearch(ends, entry, to, hit);
      entry = place < 0 ? -place - 1 : place + 1;
      while (ends[entry] <= hit) {
        entry++;
      }
      if (hit + needle.length() <= ends[entry]) {
        Column.set(found, entry);
        at = ends[entry];
        entry++;
      } else {
        at = hit + 1;
      }
    }
  }

  private static void metadata(PlainPage page, PageScan.MetadataTerm is, long[] found) {
    Needle value = new Needle(is.text);
    byte[] bytes = page.metadata();
    int last = -1;
    boolean fits = false;
    int hit = -1;
    boolean searched = false;
    for (int entry = 0; entry < page.count(); entry++) {
      int at = page.metadataAt()[entry];
      if (at < 0) {
        continue;
      }
      if (at != last) {
        if (!searched || (hit >= 0 && hit < at)) {
          hit = value.indexOf(bytes, at, bytes.length);
          searched = true;
        } else if (at < last && last >= 0) {
          hit = value.indexOf(bytes, at, bytes.length);
        }
        fits =
            hit >= 0
                && !isBehind(page, entry, hit)
                && page.metadata(entry).get(is.name).equals(is.value);
        last = at;
      }
      if (fits) {
        Column.set(found, entry);
      }
    }
  }

  /**
   * Whether a place in the metadata lies behind that of an entry, as far as the next entry tells.
   */
  private static boolean isBehind(PlainPage page, int entry, int place) {
    if (entry + 1 == page.count()) {
      return false;
    }
    int next = page.metadataAt()[entry + 1];
    return next > page.metadataAt()[entry] && place >= next;
  }
}
