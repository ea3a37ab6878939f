package io.trilith.query.prometheus;

import io.trilith.engine.QueryInterruptedException;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.promql.ExecutionException;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The JSON around every answer of the Prometheus API, and errors in it. */
public final class Envelope {
  static final String TRUNCATED = "results truncated due to limit";

  private Envelope() {}

  /** Writes the value of {@code data}. */
  @FunctionalInterface
  public interface Data {
    void write(JsonWriter json) throws IOException;
  }

  /** An answer without warnings. */
  public static HttpAnswer success(Data data) {
    return success(List::of, data, false);
  }

  /** With what the request was warned of, and that the list given is not the whole one. */
  static HttpAnswer success(HttpRequest request, Data data, boolean truncated) {
    return success(request::warnings, data, truncated);
  }

  private static HttpAnswer success(Supplier<List<String>> lacks, Data data, boolean truncated) {
    return HttpAnswer.json(
        200,
        out -> {
          JsonWriter json = new JsonWriter(out);
          json.beginObject().name("status").value("success").name("data");
          data.write(json);
          List<String> warnings = new ArrayList<>(lacks.get());
          if (truncated) {
            warnings.add(TRUNCATED);
          }
          if (!warnings.isEmpty()) {
            json.name("warnings").beginArray();
            for (String warning : warnings) {
              json.value(warning);
            }
            json.endArray();
          }
          json.endObject();
          json.flush();
        });
  }

  /** A handler whose errors become what Grafana can read. */
  public static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (ExecutionException e) {
        return error(422, "execution", e);
      } catch (InvalidRequestException e) {
        return error(400, "bad_data", e);
      } catch (LimitExceededException e) {
        return e.retryable() ? error(503, "unavailable", e) : error(422, "execution", e);
      } catch (QueryInterruptedException e) {
        boolean timeout = e.reason() == QueryInterruptedException.Reason.TIMEOUT;
        return error(503, timeout ? "timeout" : "canceled", e);
      } catch (StorageException.Unavailable e) {
        return error(503, "unavailable", e);
      }
    };
  }

  private static HttpAnswer error(int status, String type, RuntimeException cause)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonWriter json = new JsonWriter(bytes);
    json.beginObject().name("status").value("error").name("errorType").value(type);
    json.name("error").value(String.valueOf(cause.getMessage())).endObject();
    json.flush();
    return HttpAnswer.bytes(status, "application/json; charset=utf-8", bytes.toByteArray());
  }
}
