package io.trilith.promql;

import java.util.List;

/** What an aggregation keeps of one group while its series pass by. Confined to one thread. */
interface GroupFold {
  /** Takes a series of the group; what is to be kept of it is copied. */
  void add(Series member);

  /** Appends the result of all that was added, series without values left out. */
  void finish(List<Series> into);
}
