package io.trilith.cli.print;

import io.trilith.cli.client.Api;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One entry as the server showed it.
 *
 * @param nanos since 1970
 */
public record LogLine(long nanos, Map<String, String> labels, String line) {
  /** The entries of streams as answers and tails have them, in the order of the document. */
  public static List<LogLine> of(Api.Node streams) {
    List<LogLine> lines = new ArrayList<>();
    for (Api.Node stream : streams.list()) {
      Map<String, String> labels = stream.at("stream").texts();
      for (Api.Node value : stream.at("values").list()) {
        lines.add(new LogLine(value.at(0).integer(), labels, value.at(1).text()));
      }
    }
    return lines;
  }
}
