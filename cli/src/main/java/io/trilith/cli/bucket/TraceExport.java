package io.trilith.cli.bucket;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.trilith.cli.print.LogPrinter;
import io.trilith.engine.QueryContext;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Signal;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.TraceQuery;
import io.trilith.traceql.eval.PipelineRun;
import io.trilith.traceql.eval.TraceView;
import io.trilith.traceql.parser.TraceQueries;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.SpanReader;
import io.trilith.tracestore.Trace;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Writes whole traces, in order of their ids; one is in memory at a time, and some 40 bytes of each
 * that there is. As OTLP JSON, one request a line, or one span a line for people. Used once.
 */
final class TraceExport {
  private static final JsonFactory JSON = new JsonFactory();

  private final SpanReader reader;
  private final ExportOptions.Wanted wanted;
  private final PrintWriter out;
  private long written;

  TraceExport(SpanReader reader, ExportOptions.Wanted wanted, PrintWriter out) {
    this.reader = reader;
    this.wanted = wanted;
    this.out = out;
  }

  /** Returns how many spans were written. */
  long run(boolean json) {
    Pipeline pipeline = pipeline();
    QueryContext context = QueryContext.unlimited();
    try (JsonGenerator lines = JSON.createGenerator(out)) {
      lines.configure(JsonGenerator.Feature.AUTO_CLOSE_TARGET, false);
      lines.configure(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM, false);
      lines.setRootValueSeparator(null);
      reader.scan(
          wanted.min(),
          wanted.max(),
          Integer.MAX_VALUE,
          trace -> {
            if (pipeline == null
                || !PipelineRun.matched(pipeline, new TraceView(trace), context).isEmpty()) {
              write(trace, json, lines);
            }
            return written < wanted.limit();
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return written;
  }

  private @Nullable Pipeline pipeline() {
    if (wanted.selector().isEmpty()) {
      return null;
    }
    return switch (TraceQueries.parse(wanted.selector())) {
      case TraceQuery.Search search -> search.pipeline();
      case TraceQuery.Series _ ->
          throw new InvalidRequestException(
              "--selector '" + wanted.selector() + "' makes metrics; give one that finds traces");
    };
  }

  private void write(Trace trace, boolean json, JsonGenerator lines) {
    try {
      if (json) {
        OtlpTrace.write(trace.spans(), lines);
        lines.writeRaw('\n');
        written += trace.spans().size();
      } else {
        for (Span span : trace.spans()) {
          if (written < wanted.limit()) {
            text(span);
            written++;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (out.checkError()) {
      throw new VerbException("the output was closed after " + written + " spans");
    }
  }

  private void text(Span span) {
    String service = TraceView.service(span);
    out.print(span.traceId().hex() + " " + HexFormat.of().toHexDigits(span.spanId()) + " ");
    out.print(Signal.TRACES.instant(span.startNanos()));
    out.print(" " + Duration.ofNanos(span.durationNanos()).toNanos() / 1000 + "us ");
    out.print((service == null ? "-" : LogPrinter.harmless(service)) + ": ");
    out.print(
        LogPrinter.harmless(span.name()) + " " + LogPrinter.harmless(span.attributes().toString()));
    out.print('\n');
  }
}
