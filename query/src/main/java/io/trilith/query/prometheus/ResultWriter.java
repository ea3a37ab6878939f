package io.trilith.query.prometheus;

import io.trilith.promql.PromqlResult;
import io.trilith.promql.RangeSamples;
import io.trilith.promql.Series;
import io.trilith.promql.histogram.BucketCursor;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.model.Labels;
import io.trilith.storage.text.FloatText;
import java.io.IOException;
import java.util.List;

/** Results of queries as JSON. Confined to one thread. */
final class ResultWriter {
  private final JsonWriter json;
  private final int limit;

  /** Writes at most this many series. */
  ResultWriter(JsonWriter json, int limit) {
    this.json = json;
    this.limit = limit;
  }

  /** Whether a limit leaves some out. */
  static boolean truncates(PromqlResult result, int limit) {
    return switch (result) {
      case PromqlResult.Scalar _, PromqlResult.Text _ -> false;
      case PromqlResult.InstantVector vector -> vector.series().size() > limit;
      case PromqlResult.RangeMatrix matrix -> matrix.series().size() > limit;
      case PromqlResult.Samples samples -> samples.series().size() > limit;
    };
  }

  /** The members {@code resultType} and {@code result}. */
  void write(PromqlResult result) throws IOException {
    json.name("resultType");
    switch (result) {
      case PromqlResult.Scalar scalar -> {
        json.value("scalar").name("result");
        // Of all numbers this one never has an exponent.
        json.beginArray()
            .raw(seconds(scalar.time()))
            .value(FloatText.plain(scalar.value()))
            .endArray();
      }
      case PromqlResult.Text text -> {
        json.value("string").name("result").beginArray().raw(seconds(text.time()));
        json.value(text.value()).endArray();
      }
      case PromqlResult.InstantVector vector -> {
        json.value("vector").name("result").beginArray();
        for (Series series : limited(vector.series())) {
          instant(vector.time(), series);
        }
        json.endArray();
      }
      case PromqlResult.RangeMatrix matrix -> {
        json.value("matrix").name("result").beginArray();
        for (Series series : limited(matrix.series())) {
          range(matrix, series);
        }
        json.endArray();
      }
      case PromqlResult.Samples samples -> {
        json.value("matrix").name("result").beginArray();
        for (RangeSamples series : limited(samples.series())) {
          samples(series);
        }
        json.endArray();
      }
    }
  }

  private <T> List<T> limited(List<T> series) {
    return series.subList(0, Math.min(limit, series.size()));
  }

  static void labels(JsonWriter json, Labels labels) throws IOException {
    json.beginObject();
    for (int i = 0; i < labels.size(); i++) {
      json.name(labels.name(i)).value(labels.value(i));
    }
    json.endObject();
  }

  private void instant(long time, Series series) throws IOException {
    if (!series.has(0)) {
      return;
    }
    json.beginObject().name("metric");
    labels(json, series.labels());
    FloatHistogram histogram = series.histogram(0);
    if (histogram == null) {
      json.name("value");
      point(time, series.value(0));
    } else {
      json.name("histogram");
      point(time, histogram);
    }
    json.endObject();
  }

  private void range(PromqlResult.RangeMatrix matrix, Series series) throws IOException {
    int histograms = 0;
    for (int step = 0; step < series.steps(); step++) {
      histograms += series.has(step) && series.histogram(step) != null ? 1 : 0;
    }
    json.beginObject().name("metric");
    labels(json, series.labels());
    if (series.points() > histograms) {
      json.name("values").beginArray();
      for (int step = 0; step < series.steps(); step++) {
        if (series.has(step) && series.histogram(step) == null) {
          point(matrix.grid().time(step), series.value(step));
        }
      }
      json.endArray();
    }
    if (histograms > 0) {
      json.name("histograms").beginArray();
      for (int step = 0; step < series.steps(); step++) {
        FloatHistogram histogram = series.histogram(step);
        if (series.has(step) && histogram != null) {
          point(matrix.grid().time(step), histogram);
        }
      }
      json.endArray();
    }
    json.endObject();
  }

  private void samples(RangeSamples series) throws IOException {
    json.beginObject().name("metric");
    labels(json, series.labels());
    if (series.floats() > 0) {
      json.name("values").beginArray();
      for (int i = 0; i < series.floats(); i++) {
        point(series.time(i), series.value(i));
      }
      json.endArray();
    }
    if (series.histograms() > 0) {
      json.name("histograms").beginArray();
      for (int i = 0; i < series.histograms(); i++) {
        point(series.histogramTime(i), series.histogram(i));
      }
      json.endArray();
    }
    json.endObject();
  }

  private void point(long time, double value) throws IOException {
    json.beginArray().raw(seconds(time)).value(FloatText.json(value)).endArray();
  }

  private void point(long time, FloatHistogram histogram) throws IOException {
    json.beginArray().raw(seconds(time)).beginObject();
    json.name("count").value(FloatText.json(histogram.count()));
    json.name("sum").value(FloatText.json(histogram.sum()));
    boolean any = false;
    BucketCursor cursor = new BucketCursor(histogram);
    while (cursor.next()) {
      if (cursor.count() == 0) {
        continue;
      }
      if (!any) {
        json.name("buckets").beginArray();
        any = true;
      }
      json.beginArray().value(cursor.boundaryRule()).value(FloatText.json(cursor.lower()));
      json.value(FloatText.json(cursor.upper())).value(FloatText.json(cursor.count())).endArray();
    }
    if (any) {
      json.endArray();
    }
    json.endObject().endArray();
  }

  /** Milliseconds as a number of seconds. */
  static String seconds(long millis) {
    long whole = millis / 1000;
    long rest = Math.abs(millis % 1000);
    if (rest == 0) {
      return Long.toString(whole);
    }
    String sign = millis < 0 && whole == 0 ? "-" : "";
    return sign + whole + "." + (rest < 100 ? rest < 10 ? "00" : "0" : "") + rest;
  }
}
