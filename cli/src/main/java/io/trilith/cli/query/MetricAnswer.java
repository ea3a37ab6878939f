package io.trilith.cli.query;

import io.trilith.cli.client.Api;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What the Prometheus API answered to a query.
 *
 * @param type {@code vector}, {@code matrix}, {@code scalar} or {@code string}
 */
record MetricAnswer(String type, List<Line> lines, List<String> warnings, List<String> infos) {
  /** A value at a time; the text is as the server wrote it, a histogram in short. */
  record Point(double seconds, String text, double value) {}

  /** One series. */
  record Line(Map<String, String> labels, List<Point> points) {
    /** As in PromQL. */
    String name() {
      StringBuilder text = new StringBuilder(labels.getOrDefault("__name__", ""));
      StringBuilder braces = new StringBuilder();
      labels.forEach(
          (label, value) -> {
            if (!label.equals("__name__")) {
              braces.append(braces.isEmpty() ? "" : ", ").append(label);
              braces.append("=\"").append(value.replace("\\", "\\\\").replace("\"", "\\\""));
              braces.append('"');
            }
          });
      if (!braces.isEmpty() || text.isEmpty()) {
        text.append('{').append(braces).append('}');
      }
      return text.toString();
    }
  }

  static MetricAnswer of(Api.Node answer) {
    Api.Node data = answer.at("data");
    String type = data.at("resultType").text();
    List<Line> lines = new ArrayList<>();
    if (type.equals("scalar") || type.equals("string")) {
      lines.add(new Line(Map.of(), List.of(point(data.at("result")))));
    } else {
      for (Api.Node series : data.at("result").list()) {
        List<Point> points = new ArrayList<>();
        for (String one : List.of("value", "histogram")) {
          if (!series.at(one).list().isEmpty()) {
            points.add(point(series.at(one)));
          }
        }
        for (String many : List.of("values", "histograms")) {
          series.at(many).list().forEach(pair -> points.add(point(pair)));
        }
        points.sort(Comparator.comparingDouble(Point::seconds));
        lines.add(new Line(series.at("metric").texts(), points));
      }
    }
    return new MetricAnswer(type, lines, texts(answer.at("warnings")), texts(answer.at("infos")));
  }

  private static List<String> texts(Api.Node list) {
    return list.list().stream().map(Api.Node::text).toList();
  }

  private static Point point(Api.Node pair) {
    double seconds = Double.parseDouble(pair.at(0).text());
    Api.Node value = pair.at(1);
    String count = value.at("count").text();
    if (count.isEmpty()) {
      return new Point(seconds, value.text(), number(value.text()));
    }
    String text = "histogram of " + count + ", sum " + value.at("sum").text();
    return new Point(seconds, text, number(count));
  }

  /** NaN for a text that is no number. */
  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> {
        try {
          yield Double.parseDouble(text);
        } catch (NumberFormatException e) {
          yield Double.NaN;
        }
      }
    };
  }
}
