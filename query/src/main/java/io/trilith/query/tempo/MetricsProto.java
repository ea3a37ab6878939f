package io.trilith.query.tempo;

import io.trilith.engine.QueryBudget;
import io.trilith.net.GrpcStreamHandler;
import io.trilith.net.wire.ProtoWriter;
import io.trilith.traceql.ast.Static;
import io.trilith.traceql.metrics.Series;
import io.trilith.traceql.metrics.Windows;
import java.io.IOException;

/**
 * The answer of a metrics query as messages {@code tempopb.QueryRangeResponse}, whose series are
 * partial (each point comes once), or one {@code QueryInstantResponse}, as clients replace those.
 */
final class MetricsProto {
  private MetricsProto() {}

  static void emit(MetricsApi.Answer answer, QueryBudget budget, GrpcStreamHandler.Emitter emitter)
      throws IOException {
    budget.addBytes(2L * SearchProto.MESSAGE_MAX);
    ProtoWriter out = new ProtoWriter();
    for (Series one : answer.shown()) {
      if (out.size() >= SearchProto.MESSAGE_MAX && !answer.instant()) {
        SearchProto.progress(0, 0, 0, out);
        emitter.emit(out.toBytes());
        out = new ProtoWriter();
      }
      int nested = out.begin(1);
      for (Series.Label label : one.labels()) {
        SearchProto.keyValue(1, label.name(), label.value(), out);
      }
      if (answer.instant()) {
        out.float64(2, one.values()[1]);
      } else {
        points(one, answer.windows(), out);
      }
      out.end(nested);
    }
    SearchProto.progress(1, 0, 0, out);
    if (answer.partial()) {
      out.varint(3, 1).string(4, answer.message());
    }
    emitter.emit(out.toBytes());
  }

  private static void points(Series series, Windows windows, ProtoWriter out) {
    for (int i = 0; i < series.values().length; i++) {
      if (Double.isFinite(series.values()[i])) {
        int sample = out.begin(2);
        out.float64(1, series.values()[i]).varint(2, windows.timeMillis(i)).end(sample);
      }
    }
    for (Series.Exemplar exemplar : series.exemplars()) {
      int nested = out.begin(4);
      SearchProto.keyValue(1, "trace:id", new Static.Text(exemplar.traceId().hex()), out);
      for (Series.Label label : series.labels()) {
        if (!label.name().equals("__name__")) {
          SearchProto.keyValue(1, label.name(), label.value(), out);
        }
      }
      out.float64(2, exemplar.value()).varint(3, exemplar.timeMillis()).end(nested);
    }
  }
}
