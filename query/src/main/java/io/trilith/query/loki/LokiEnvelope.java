package io.trilith.query.loki;

import io.trilith.engine.QueryInterruptedException;
import io.trilith.net.HttpAnswer;
import io.trilith.net.HttpHandler;
import io.trilith.net.HttpRequest;
import io.trilith.query.json.JsonWriter;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.error.LimitExceededException;
import io.trilith.storage.error.StorageException;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/** What is around every answer of the Loki API; errors are plain text. */
final class LokiEnvelope {
  private LokiEnvelope() {}

  /** Writes a JSON value. */
  @FunctionalInterface
  interface Body {
    void write(JsonWriter json) throws IOException;
  }

  static HttpAnswer json(Body body) {
    return HttpAnswer.json(
        200,
        out -> {
          JsonWriter json = new JsonWriter(out);
          body.write(json);
          json.flush();
        });
  }

  /** {@code {"status":"success","data":…}}. */
  static HttpAnswer success(Body data) {
    return success(List::of, data);
  }

  /** With what the request was warned of. */
  static HttpAnswer success(HttpRequest request, Body data) {
    return success(request::warnings, data);
  }

  private static HttpAnswer success(Supplier<List<String>> lacks, Body data) {
    return json(
        json -> {
          json.beginObject().name("status").value("success").name("data");
          data.write(json);
          warnings(json, lacks.get());
          json.endObject();
        });
  }

  /** The member {@code warnings}, when there are any. */
  static void warnings(JsonWriter json, List<String> warnings) throws IOException {
    if (!warnings.isEmpty()) {
      json.name("warnings").beginArray();
      for (String warning : warnings) {
        json.value(warning);
      }
      json.endArray();
    }
  }

  /** A handler whose errors become what Grafana shows. */
  static HttpHandler guard(HttpHandler handler) {
    return request -> {
      try {
        return handler.handle(request);
      } catch (InvalidRequestException e) {
        return error(400, e);
      } catch (LimitExceededException e) {
        return error(e.retryable() ? 503 : 422, e);
      } catch (QueryInterruptedException | StorageException.Unavailable e) {
        return error(503, e);
      }
    };
  }

  private static HttpAnswer error(int status, RuntimeException cause) {
    return HttpAnswer.text(status, String.valueOf(cause.getMessage()));
  }
}
