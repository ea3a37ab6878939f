package io.trilith.promql;

import java.util.function.Consumer;

/** The samples that windows slide over, series by series. Thread-safe. */
interface SampleSource {
  int size();

  /** Gives those of a range; columns are valid until the taker returns. */
  void run(int from, int to, Lane lane, Consumer<SampleColumns> taker);
}
