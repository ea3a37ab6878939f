package io.trilith.query.prometheus;

import io.trilith.engine.QueryContext;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpRequest;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.promql.parser.QueryParser;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.FloatText;
import io.trilith.tsdb.NativeHistogram;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesReader;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code /federate}: the newest sample of each series that a {@code match[]} selects, for another
 * Prometheus to scrape. Text, or delimited protobuf for who takes it; native histograms are in the
 * latter only, as text has no form for them. Thread-safe.
 */
final class Federation {
  private static final String PROTOBUF =
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
          + " encoding=delimited";
  private static final String INSTANCE = "instance";
  private static final int NEWEST_BYTES = 150;

  private final SeriesQueries queries;
  private final QueryParser parser;
  private final InstantSource clock;
  private final long lookbackMillis;

  Federation(SeriesQueries queries, QueryParser parser, InstantSource clock, long lookbackMillis) {
    this.queries = queries;
    this.parser = parser;
    this.clock = clock;
    this.lookbackMillis = lookbackMillis;
  }

  /** The newest sample of a series; a histogram where there is one. */
  private record Newest(
      Labels labels, long millis, double value, @Nullable NativeHistogram histogram) {}

  HttpAnswer answer(HttpRequest request) throws InterruptedException {
    List<List<Matcher>> selectors = new ArrayList<>();
    for (String selector : request.parameters("match[]")) {
      selectors.add(parser.parseSelector(selector));
    }
    if (selectors.isEmpty()) {
      throw new InvalidRequestException("no match[] parameter provided");
    }
    String accept = request.header("accept").orElse("").toLowerCase(Locale.ROOT);
    boolean protobuf =
        accept.contains("application/vnd.google.protobuf")
            && accept.contains("io.prometheus.client.metricfamily");
    boolean utf8 = accept.contains("escaping=allow-utf-8");
    Collection<Newest> found =
        queries.ask(request, (reader, context) -> newest(selectors, reader, context));
    String escaping = "; escaping=" + (utf8 ? "allow-utf-8" : "underscores");
    String type = protobuf ? PROTOBUF : "text/plain; version=1.0.0; charset=utf-8";
    return new HttpAnswer.Streamed(
        200,
        Map.of("content-type", type + escaping),
        out -> {
          if (protobuf) {
            protobuf(found, utf8, out);
          } else {
            text(found, utf8, out);
          }
        });
  }

  /** By metric name, then by labels. */
  private Collection<Newest> newest(
      List<List<Matcher>> selectors, SeriesReader reader, QueryContext context) {
    long max = clock.millis();
    long min = max - lookbackMillis + 1;
    TreeMap<Labels, Newest> found =
        new TreeMap<>(
            Comparator.comparing((Labels labels) -> labels.get(Labels.NAME))
                .thenComparing(Comparator.naturalOrder()));
    SampleBuffer samples = new SampleBuffer();
    for (List<Matcher> selector : selectors) {
      SeriesSet set = reader.select(selector, min, max, context.budget()::addBytes);
      context.budget().addSeries(set.size());
      for (int i = 0; i < set.size(); i++) {
        context.check();
        set.read(i, min, max, samples);
        context.budget().addSamples(samples.size());
        int last = samples.size() - 1;
        if (last < 0) {
          continue;
        }
        NativeHistogram histogram = samples.histogram(last);
        double value = samples.values()[last];
        boolean stale = histogram == null ? StaleMarker.is(value) : histogram.isStale();
        if (!stale) {
          Labels labels = set.labels(i);
          context.budget().addBytes(NEWEST_BYTES + 2 * labels.bytes());
          found.put(labels, new Newest(labels, samples.timestamps()[last], value, histogram));
        }
      }
    }
    return found.values();
  }

  private static void text(Collection<Newest> found, boolean utf8, OutputStream out)
      throws IOException {
    String family = null;
    for (Newest one : found) {
      String name = one.labels().get(Labels.NAME);
      if (name.isEmpty() || one.histogram() != null) {
        continue;
      }
      StringBuilder line = new StringBuilder();
      boolean quoted = utf8 && !plain(name, true);
      String shown = utf8 ? name : underscored(name, true);
      if (!name.equals(family)) {
        family = name;
        line.append("# TYPE ").append(quoted ? quote(shown) : shown).append(" untyped\n");
      }
      line.append(quoted ? "{" + quote(shown) : shown + "{");
      boolean comma = quoted;
      boolean instance = false;
      for (int i = 0; i < one.labels().size(); i++) {
        String label = one.labels().name(i);
        if (label.equals(Labels.NAME)) {
          continue;
        }
        instance |= label.equals(INSTANCE);
        line.append(comma ? "," : "").append(label(label, utf8)).append('=');
        line.append(quote(one.labels().value(i)));
        comma = true;
      }
      // An empty instance, so that honor_labels keeps the scraping server from adding its own.
      line.append(instance ? "" : (comma ? "," : "") + "instance=\"\"").append("} ");
      line.append(FloatText.json(one.value())).append(' ').append(one.millis()).append('\n');
      out.write(line.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String label(String name, boolean utf8) {
    if (!utf8) {
      return underscored(name, false);
    }
    return plain(name, false) ? name : quote(name);
  }

  private static String quote(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"") + '"';
  }

  private static boolean plain(String name, boolean colons) {
    return underscored(name, colons).equals(name);
  }

  /** What old readers take for a name: everything else becomes an underscore. */
  private static String underscored(String name, boolean colons) {
    StringBuilder plain = new StringBuilder();
    name.codePoints()
        .forEach(
            c -> {
              boolean letter =
                  (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (colons && c == ':');
              boolean digit = c >= '0' && c <= '9' && !plain.isEmpty();
              plain.append(letter || digit ? (char) c : '_');
            });
    return plain.toString();
  }

  private static void protobuf(Collection<Newest> found, boolean utf8, OutputStream out)
      throws IOException {
    ProtoWriter family = new ProtoWriter();
    String name = "";
    int type = -1;
    for (Newest one : found) {
      String next = one.labels().get(Labels.NAME);
      int nextType = type(one.histogram());
      if (next.isEmpty()) {
        continue;
      }
      if (!next.equals(name) || nextType != type) {
        delimited(family, out);
        name = next;
        type = nextType;
        family = new ProtoWriter();
        family.string(1, utf8 ? name : underscored(name, true)).varint(3, type);
      }
      int metric = family.begin(4);
      metric(one, utf8, family);
      family.end(metric);
    }
    delimited(family, out);
  }

  /** Of {@code io.prometheus.client.MetricType}: untyped, histogram, gauge histogram. */
  private static int type(@Nullable NativeHistogram histogram) {
    if (histogram == null) {
      return 3;
    }
    return histogram.resetHint() == NativeHistogram.ResetHint.GAUGE ? 5 : 4;
  }

  private static void metric(Newest one, boolean utf8, ProtoWriter out) {
    boolean instance = false;
    for (int i = 0; i < one.labels().size(); i++) {
      String label = one.labels().name(i);
      if (!label.equals(Labels.NAME)) {
        instance |= label.equals(INSTANCE);
        pair(out, utf8 ? label : underscored(label, false), one.labels().value(i));
      }
    }
    if (!instance) {
      pair(out, INSTANCE, "");
    }
    if (one.histogram() == null) {
      int untyped = out.begin(5);
      out.fixed64(1, Double.doubleToRawLongBits(one.value())).end(untyped);
    } else {
      int histogram = out.begin(7);
      HistogramProto.scraped(out, one.histogram());
      out.end(histogram);
    }
    out.varint(6, one.millis());
  }

  private static void pair(ProtoWriter out, String name, String value) {
    int pair = out.begin(1);
    out.string(1, name).string(2, value).end(pair);
  }

  private static void delimited(ProtoWriter family, OutputStream out) throws IOException {
    if (family.size() > 0) {
      out.write(new ProtoWriter().rawVarint(family.size()).toBytes());
      out.write(family.toBytes());
    }
  }
}
