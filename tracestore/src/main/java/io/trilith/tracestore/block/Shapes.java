package io.trilith.tracestore.block;

import io.trilith.storage.encoding.ByteReader;

/** Which attributes each row of an owner has. Immutable. */
final class Shapes {
  /**
   * Where the dense columns stand is known at intervals of a fixed number of rows, more of them if
   * columns are many.
   */
  private static final int STEP_MIN = 256;

  private static final int STEPS_COLUMNS_MAX = 1 << 20;

  private final int[][] shapes;
  private final Longs rows;
  private final int columns;
  private final int step;

  /** Values of each column before the rows of a step, step by step; at the end their number. */
  private final int[] before;

  private Shapes(int[][] shapes, Longs rows, int columns) {
    this.shapes = shapes;
    this.rows = rows;
    this.columns = columns;
    int every = STEP_MIN;
    while ((long) rows.count() / every * columns > STEPS_COLUMNS_MAX && every < rows.count()) {
      every *= 2;
    }
    step = every;
    int steps = (rows.count() + step - 1) / step;
    before = new int[(steps + 1) * columns];
    int[] counts = new int[columns];
    for (int row = 0; row < rows.count(); row++) {
      if (row % step == 0) {
        System.arraycopy(counts, 0, before, row / step * columns, columns);
      }
      for (int column : shape(row)) {
        counts[column]++;
      }
    }
    System.arraycopy(counts, 0, before, steps * columns, columns);
  }

  static Shapes read(Page in, int rowCount, int columns) {
    ByteReader at = in.reader();
    int[][] shapes = new int[at.getCount()][];
    for (int i = 0; i < shapes.length; i++) {
      shapes[i] = new int[at.getCount()];
      for (int k = 0; k < shapes[i].length; k++) {
        shapes[i][k] = at.getIndex(columns);
      }
    }
    return new Shapes(shapes, Longs.indexes(in, rowCount, shapes.length), columns);
  }

  int rows() {
    return rows.count();
  }

  int shapes() {
    return shapes.length;
  }

  /** The columns of a shape, in the order of the attributes. */
  int[] columns(int shape) {
    return shapes[shape];
  }

  Longs numbers() {
    return rows;
  }

  int number(int row) {
    return (int) rows.get(row);
  }

  int[] shape(int row) {
    return shapes[(int) rows.get(row)];
  }

  /** Values of a column. */
  int count(int column) {
    return before[before.length - columns + column];
  }

  /** Values of all columns. */
  long values() {
    long values = 0;
    for (int i = 0; i < columns; i++) {
      values += count(i);
    }
    return values;
  }

  /** How many values each column has before a row. */
  int[] before(int row) {
    int known = row / step;
    int[] counts = new int[columns];
    System.arraycopy(before, known * columns, counts, 0, columns);
    for (int i = known * step; i < row; i++) {
      for (int column : shape(i)) {
        counts[column]++;
      }
    }
    return counts;
  }

  long weight() {
    return 4L * before.length + 64L * shapes.length;
  }
}
