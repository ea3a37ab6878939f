package io.trilith.cli.bucket;

import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.FloatText;
import io.trilith.tsdb.MetricMetadata;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes samples as OpenMetrics text, metric by metric; one series is in memory at a time. What the
 * format cannot say, native histograms and stale markers, is counted and left out. Used once.
 */
final class MetricExport {
  private static final int DEPTH_MAX = 200;
  private static final String[] PARTS = {"_bucket", "_count", "_sum"};

  private final SeriesReader reader;
  private final ExportOptions.Wanted wanted;
  private final PrintWriter out;
  private final SampleBuffer samples = new SampleBuffer();
  private long written;
  private long histograms;
  private long staleMarkers;

  MetricExport(SeriesReader reader, ExportOptions.Wanted wanted, PrintWriter out) {
    this.reader = reader;
    this.wanted = wanted;
    this.out = out;
  }

  /** Says what the format could not. */
  void tellLeftOut(PrintWriter err) {
    if (histograms > 0) {
      err.println(
          "trilith: left out " + histograms + " native histograms: OpenMetrics text has none");
    }
    if (staleMarkers > 0) {
      err.println(
          "trilith: left out " + staleMarkers + " stale markers: OpenMetrics text has none");
    }
  }

  /** A family of the format: what shares a type. */
  private record Family(String name, MetricMetadata.Type type, String help, List<String> metrics) {}

  /** Returns how many samples were written. */
  long run() {
    List<Matcher> matchers =
        wanted.selector().isEmpty()
            ? List.of()
            : new QueryParser(DEPTH_MAX).parseSelector(wanted.selector());
    List<List<Matcher>> selectors = matchers.isEmpty() ? List.of() : List.of(matchers);
    SortedSet<String> names =
        reader.labelValues(Labels.NAME, selectors, wanted.min(), wanted.max());
    for (Family family : families(names)) {
      boolean begun = false;
      for (String metric : family.metrics()) {
        List<Matcher> own = new ArrayList<>(matchers);
        own.add(Matcher.equal(Labels.NAME, metric));
        SeriesSet series = reader.select(own, wanted.min(), wanted.max());
        for (int i = 0; i < series.size() && written < wanted.limit(); i++) {
          series.read(i, wanted.min(), wanted.max(), samples);
          if (!begun && samples.size() > 0) {
            begun = true;
            head(family);
          }
          series(metric, series.labels(i));
        }
      }
      if (out.checkError()) {
        throw new VerbException("the output was closed after " + written + " samples");
      }
    }
    out.print("# EOF\n");
    return written;
  }

  /** Metrics by family, in order of names; parts of a histogram or summary together. */
  private List<Family> families(SortedSet<String> names) {
    Map<String, MetricMetadata> metadata = reader.metadata();
    SortedSet<String> left = new TreeSet<>(names);
    Map<String, Family> families = new LinkedHashMap<>();
    metadata.forEach(
        (name, entry) -> {
          switch (entry.type()) {
            case HISTOGRAM, GAUGE_HISTOGRAM, SUMMARY -> {
              List<String> parts = new ArrayList<>();
              for (String part : PARTS) {
                if (left.remove(name + part)) {
                  parts.add(name + part);
                }
              }
              if (entry.type() == MetricMetadata.Type.SUMMARY && left.remove(name)) {
                parts.add(name);
              }
              if (!parts.isEmpty()) {
                families.put(name, new Family(name, entry.type(), entry.help(), parts));
              }
            }
            default -> {}
          }
        });
    for (String name : left) {
      Family family = family(name, metadata.get(name));
      // A name that a family above has cannot be said twice: its samples go without a type.
      families.putIfAbsent(
          families.containsKey(family.name()) ? name + " " : family.name(), family);
    }
    return List.copyOf(families.values());
  }

  private static Family family(String name, @Nullable MetricMetadata entry) {
    MetricMetadata.Type type = entry == null ? MetricMetadata.Type.UNKNOWN : entry.type();
    String help = entry == null ? "" : entry.help();
    return switch (type) {
      case COUNTER ->
          name.endsWith("_total")
              ? new Family(
                  name.substring(0, name.length() - "_total".length()), type, help, List.of(name))
              : new Family(name, MetricMetadata.Type.UNKNOWN, help, List.of(name));
      case GAUGE -> new Family(name, type, help, List.of(name));
      case UNKNOWN, INFO, STATE_SET, HISTOGRAM, GAUGE_HISTOGRAM, SUMMARY ->
          new Family(name, MetricMetadata.Type.UNKNOWN, help, List.of(name));
    };
  }

  private void head(Family family) {
    out.print("# TYPE " + family.name() + " " + family.type().text() + "\n");
    if (!family.help().isEmpty()) {
      out.print("# HELP " + family.name() + " " + escaped(family.help()) + "\n");
    }
  }

  private void series(String metric, Labels labels) {
    String key = metric + braces(labels);
    long[] times = samples.timestamps();
    double[] values = samples.values();
    for (int i = 0; i < samples.size() && written < wanted.limit(); i++) {
      if (samples.histogram(i) != null) {
        histograms++;
      } else if (StaleMarker.is(values[i])) {
        staleMarkers++;
      } else {
        out.print(key);
        out.print(' ');
        out.print(FloatText.plain(values[i]));
        out.print(' ');
        out.print(seconds(times[i]));
        out.print('\n');
        written++;
      }
    }
  }

  private static String braces(Labels labels) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < labels.size(); i++) {
      if (!labels.name(i).equals(Labels.NAME)) {
        text.append(text.isEmpty() ? '{' : ',').append(labels.name(i)).append("=\"");
        text.append(escaped(labels.value(i))).append('"');
      }
    }
    return text.isEmpty() ? "" : text.append('}').toString();
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> escaped.append('\\').append(c);
        case '\n' -> escaped.append("\\n");
        default -> escaped.append(c);
      }
    }
    return escaped.toString();
  }

  /** {@code 1700000000.25}: the format's times are seconds. */
  private static String seconds(long millis) {
    return java.math.BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString();
  }
}
