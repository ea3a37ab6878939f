package io.trilith.rules.slo;

/**
 * Counted events of an SLO, step by step. A step is known by the time it ends at. Not thread-safe.
 */
final class EventSteps {
  /** What is known of a step. */
  enum State {
    /** Nobody has counted it. */
    MISSING,
    COUNTED,
    EXCLUDED
  }

  /** What a step takes of memory. */
  static final int STEP_BYTES = 17;

  private final long first;
  private final long step;
  private final double[] good;
  private final double[] total;
  private final byte[] states;

  /**
   * Nothing is known of any.
   *
   * @param first when the first step ends, milliseconds since 1970, a multiple of the step
   */
  EventSteps(long first, long step, int count) {
    this.first = first;
    this.step = step;
    this.good = new double[count];
    this.total = new double[count];
    this.states = new byte[count];
  }

  /** The steps that end after a time, up to another. */
  static EventSteps between(long after, long upTo, long step) {
    long first = Math.floorDiv(after, step) * step + step;
    long last = Math.floorDiv(upTo, step) * step;
    return new EventSteps(first, step, last < first ? 0 : (int) ((last - first) / step) + 1);
  }

  int size() {
    return states.length;
  }

  long step() {
    return step;
  }

  /** When a step ends. */
  long time(int i) {
    return first + i * step;
  }

  /** The step that ends at a time; negative when it is not here. */
  int indexOf(long time) {
    long offset = time - first;
    return offset < 0 || offset % step != 0 || offset / step >= states.length
        ? -1
        : (int) (offset / step);
  }

  /** The first step that ends after a time. */
  int after(long time) {
    return Math.clamp(Math.floorDiv(time - first, step) + 1, 0, states.length);
  }

  State state(int i) {
    return State.values()[states[i]];
  }

  double good(int i) {
    return good[i];
  }

  double total(int i) {
    return total[i];
  }

  /** Whether another, of the same steps, says the same of one. */
  boolean same(int i, EventSteps other) {
    return states[i] == other.states[i] && good[i] == other.good[i] && total[i] == other.total[i];
  }

  void setCounted(int i, double goodEvents, double allEvents) {
    states[i] = (byte) State.COUNTED.ordinal();
    good[i] = goodEvents;
    total[i] = allEvents;
  }

  void setExcluded(int i) {
    states[i] = (byte) State.EXCLUDED.ordinal();
    good[i] = 0;
    total[i] = 0;
  }

  /** Good events of the steps from one to another, which is excluded. */
  double goodIn(int from, int to) {
    return sum(good, from, to);
  }

  double totalIn(int from, int to) {
    return sum(total, from, to);
  }

  /**
   * Counts are whole up to 2^53 and added exactly; what is not is added without piling up errors.
   */
  private static double sum(double[] values, int from, int to) {
    double sum = 0;
    double lost = 0;
    for (int i = from; i < to; i++) {
      double next = sum + values[i];
      lost +=
          Math.abs(sum) >= Math.abs(values[i]) ? sum - next + values[i] : values[i] - next + sum;
      sum = next;
    }
    return sum + lost;
  }

  /** How many steps from one to another are in a state. */
  int count(State state, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += states[i] == state.ordinal() ? 1 : 0;
    }
    return count;
  }
}
