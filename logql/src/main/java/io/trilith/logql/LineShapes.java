package io.trilith.logql;

import io.trilith.logstore.LineShape;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Groups lines by shape in one pass. A line is words and what is between them. Words with digits
 * vary by assumption; lines of as many parts that agree in most of their words are one shape, and
 * the words in which they differ vary too. Memory is bounded: what comes when there is no room for
 * another shape goes to the likest. Confined to one thread.
 */
final class LineShapes {
  private static final String VARIES = "<_>";
  private static final int LINE_MAX = 2048;
  private static final int PARTS_MAX = 256;
  private static final int SHAPES_MAX = 500;
  private static final int REMEMBERED_MAX = 20_000;

  /** Wordings of one stored shape that are remembered. */
  private static final int WORDINGS_MAX = 256;

  /** Shapes of one length that a line is compared with. */
  private static final int ALIKE_MAX = 64;

  private static final double LIKENESS_MIN = 0.6;

  /** A shape with its counts. */
  static final class Shape {
    final String level;
    final String[] parts;
    final TreeMap<Long, Long> counts = new TreeMap<>();
    long total;

    Shape(String level, String[] parts) {
      this.level = level;
      this.parts = parts;
    }

    /** How much of its words another line has in the same places; 0 when it is not as long. */
    double likeness(String[] other) {
      int words = 0;
      int same = 0;
      for (int i = 0; i < parts.length; i++) {
        boolean equal = parts[i].equals(other[i]);
        if (isWord(other[i]) || isWord(parts[i])) {
          words++;
          same += equal ? 1 : 0;
        } else if (!equal) {
          return 0;
        }
      }
      return words == 0 ? 1 : (double) same / words;
    }

    void add(Shape other) {
      total += other.total;
      other.counts.forEach((time, lines) -> counts.merge(time, lines, Long::sum));
    }

    void widen(String[] other) {
      for (int i = 0; i < parts.length; i++) {
        if (!parts[i].equals(other[i])) {
          parts[i] = VARIES;
        }
      }
    }

    /** In the language of pattern filters, where two captures cannot stand side by side. */
    String text() {
      StringBuilder text = new StringBuilder();
      boolean varied = false;
      for (String part : parts) {
        boolean varies = part.equals(VARIES);
        if (!(varies && varied)) {
          text.append(part);
        }
        varied = varies;
      }
      return text.toString();
    }
  }

  private record Named(String level, String text) {}

  private record Kind(String level, int parts) {}

  private final Map<Kind, List<Shape>> shapes = new HashMap<>();
  private final Map<String, Shape> remembered = new HashMap<>();
  private int count;
  private final List<String> scratch = new ArrayList<>();
  private final StringBuilder key = new StringBuilder();

  /** Counts a line at the time its step begins. */
  void add(String level, String line, long time) {
    String[] parts = parts(line);
    key.setLength(0);
    key.append(level).append('\0');
    for (String part : parts) {
      key.append(part).append('\0');
    }
    String exact = key.toString();
    Shape shape = remembered.get(exact);
    if (shape == null) {
      shape = find(level, parts);
      if (remembered.size() < REMEMBERED_MAX && shape != null) {
        remembered.put(exact, shape);
      }
    }
    if (shape != null) {
      shape.total++;
      shape.counts.merge(time, 1L, Long::sum);
    }
  }

  /** Counts a line that the store knows the shape of, which saves taking each line apart. */
  void add(String level, LineShape stored, int row, long time) {
    Counted counted = countedUnder(stored);
    key.setLength(0);
    key.append(level);
    for (int at : counted.words) {
      key.append('\0').append(stored.part(row, at, at + 1));
    }
    String exact = key.toString();
    Shape shape = counted.shapes.get(exact);
    if (shape == null) {
      shape = find(level, parts(counted.line(stored, row)));
      if (shape == null) {
        return;
      }
      if (counted.shapes.size() < WORDINGS_MAX) {
        counted.shapes.put(exact, shape);
      }
    }
    shape.total++;
    shape.counts.merge(time, 1L, Long::sum);
  }

  /**
   * What lines of a stored shape were counted under, by what stands at places that vary in more
   * than digits.
   */
  private static final class Counted {
    final Map<String, Shape> shapes = new HashMap<>();
    final int[] words;

    Counted(LineShape stored) {
      byte[] text = stored.text();
      IntStream.Builder found = IntStream.builder();
      int place = 0;
      for (int at = 0; at < text.length; at++) {
        if (text[at] == 0 && !isOneVaryingWord(stored.classes(place++))) {
          found.add(at);
        }
      }
      words = found.build().toArray();
    }

    /** A place of whole phrases, as in shapes of few lines, is read: its words are pattern. */
    private static boolean isOneVaryingWord(int classes) {
      return (classes & LineShape.DIGITS) != 0
          && (classes & (LineShape.SPACE | LineShape.OTHER)) == 0;
    }

    /** The line with a digit where values have digits. */
    String line(LineShape stored, int row) {
      byte[] text = stored.text();
      StringBuilder line = new StringBuilder();
      int from = 0;
      for (int at : words) {
        line.append(varying(text, from, at)).append(stored.part(row, at, at + 1));
        from = at + 1;
      }
      return line.append(varying(text, from, text.length)).toString();
    }

    private static String varying(byte[] text, int from, int to) {
      return new String(text, from, to - from, StandardCharsets.UTF_8).replace('\0', '0');
    }
  }

  private Counted countedUnder(LineShape stored) {
    if (stored.remembered(this) instanceof Counted known) {
      return known;
    }
    Counted fresh = new Counted(stored);
    stored.remember(this, fresh);
    return fresh;
  }

  /** Null when there is no room and no shape is as long. */
  private @Nullable Shape find(String level, String[] parts) {
    List<Shape> alike =
        shapes.computeIfAbsent(new Kind(level, parts.length), _ -> new ArrayList<>());
    Shape best = null;
    double likest = 0;
    for (Shape shape : alike) {
      double likeness = shape.likeness(parts);
      if (likeness > likest) {
        best = shape;
        likest = likeness;
      }
    }
    boolean room = count < SHAPES_MAX && alike.size() < ALIKE_MAX;
    if (likest < LIKENESS_MIN && room) {
      best = new Shape(level, parts);
      alike.add(best);
      count++;
    } else if (best != null) {
      best.widen(parts);
    }
    return best;
  }

  /** The most frequent first; to be called once, when all lines are counted. */
  List<Shape> shapes() {
    // Shapes of different lengths may read the same: captures side by side are one.
    Map<Named, Shape> byText = new LinkedHashMap<>();
    for (List<Shape> alike : shapes.values()) {
      for (Shape shape : alike) {
        Shape known = byText.putIfAbsent(new Named(shape.level, shape.text()), shape);
        if (known != null) {
          known.add(shape);
        }
      }
    }
    List<Shape> all = new ArrayList<>(byText.values());
    all.sort(
        (a, b) ->
            a.total != b.total ? Long.compare(b.total, a.total) : a.text().compareTo(b.text()));
    return all;
  }

  private String[] parts(String whole) {
    String line = whole.length() <= LINE_MAX ? whole : whole.substring(0, LINE_MAX);
    scratch.clear();
    int at = 0;
    while (at < line.length() && scratch.size() < PARTS_MAX) {
      boolean word = isWord(line.charAt(at));
      boolean digits = false;
      int from = at;
      while (at < line.length() && isWord(line.charAt(at)) == word) {
        digits |= Character.isDigit(line.charAt(at));
        at++;
      }
      scratch.add(word && digits ? VARIES : line.substring(from, at));
    }
    if (at < line.length() || line.length() < whole.length()) {
      scratch.add(VARIES); // the rest, whatever it is
    }
    return scratch.toArray(String[]::new);
  }

  private static boolean isWord(String part) {
    return part.equals(VARIES) || isWord(part.charAt(0));
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || "_-./@%+$".indexOf(c) >= 0;
  }
}
