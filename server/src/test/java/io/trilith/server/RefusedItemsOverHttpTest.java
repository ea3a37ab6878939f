package io.trilith.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ConfigReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What senders are told of what was not kept, and what operators see of it. */
class RefusedItemsOverHttpTest {
  private static final String TIME = InstantSource.system().millis() + "000000";

  private static final int SERIES_MAX = 8;

  @TempDir Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private TrilithServer server;

  @BeforeEach
  void start() {
    List<String> sets =
        List.of(
            "storage.data-dir=" + directory,
            "tenancy.multi=true",
            "limits.max-global-series-per-user=" + SERIES_MAX,
            "server.http-listen=127.0.0.1:0",
            "server.otlp-grpc-listen=127.0.0.1:0",
            "server.otlp-http-listen=127.0.0.1:0");
    server = new TrilithServer(new ConfigReader(Map.of()).read(null, sets), InstantSource.system());
  }

  @AfterEach
  void stop() {
    server.close();
    client.close();
  }

  private HttpRequest.Builder request(String path, String tenant) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path))
        .header("X-Scope-OrgID", tenant);
  }

  private String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer =
        client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String post(String body) throws Exception {
    return send(
        request("/otlp/v1/metrics", "a")
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String scope(String name, String metric, int value, String attributes) {
    return """
        {"scope":{"name":"%s"},"metrics":[{"name":"%s","gauge":{"dataPoints":[
          {"timeUnixNano":"%s","asInt":"%d","attributes":[%s]}]}}]}"""
        .formatted(name, metric, TIME, value, attributes);
  }

  private static String resource(String... scopes) {
    return """
        {"resourceMetrics":[{"resource":{"attributes":[
          {"key":"service.name","value":{"stringValue":"shop"}}]},"scopeMetrics":[%s]}]}"""
        .formatted(String.join(",", scopes));
  }

  @Test
  void aPointThatAnotherOneOfItsRequestReplacesIsTold() throws Exception {
    String answer = post(resource(scope("okhttp", "m", 1, ""), scope("apache", "m", 2, "")));
    assertThat(answer)
        .contains("\"rejectedDataPoints\":\"1\"")
        .contains("__name__=\\\"m\\\"")
        .contains("otlp-metrics.promote-scope-metadata");
    assertThat(post(resource(scope("okhttp", "n", 1, ""), scope("apache", "n", 1, ""))))
        .isEqualTo("{}");
  }

  @Test
  void aRequestWithNothingInItGetsAHint() throws Exception {
    assertThat(post("{\"resource_metric\":[{}]}")).contains("errorMessage", "names");
    assertThat(post("{}")).isEqualTo("{}");
  }

  @Test
  void whatWasRefusedIsListedWithoutValues() throws Exception {
    String secret = "s".repeat(3000);
    String answer =
        post(
            resource(
                scope(
                    "okhttp",
                    "m",
                    1,
                    "{\"key\":\"card\",\"value\":{\"stringValue\":\"" + secret + "\"}}")));
    assertThat(answer).contains("limits.label-value-max");
    assertThat(send(request("/api/v1/status/rejections", "a")))
        .contains("\"signal\":\"metrics\"")
        .contains("\"service\":\"shop\"")
        .contains("\"reason\":\"label_value_too_long\"")
        .contains("\"limit\":\"limits.label-value-max\"")
        .contains("\"name\":\"m\"")
        .contains("\"items\":1")
        .doesNotContain("sss");
    assertThat(send(request("/api/v1/status/rejections", "b"))).contains("\"data\":[]");
    assertThat(send(request("/metrics", "a")))
        .contains(
            "trilith_refused_items_total{limit=\"limits.label-value-max\","
                + "reason=\"label_value_too_long\",service=\"shop\",signal=\"metrics\","
                + "tenant=\"a\"} 1.0");
  }

  @Test
  void whatTheStoreRefusesNamesItsKeyToo() throws Exception {
    String old = resource(scope("okhttp", "m", 1, "")).replace(TIME, "946684800000000000");
    assertThat(post(old)).contains("retention.default");
    for (int i = 0; i < SERIES_MAX; i++) {
      post(resource(scope("okhttp", "m" + i, 1, "")));
    }
    assertThat(post(resource(scope("okhttp", "many", 1, ""))))
        .contains("limits.max-global-series-per-user = " + SERIES_MAX);
    assertThat(send(request("/api/v1/status/rejections", "a")))
        .contains("\"reason\":\"outside_retention\",\"limit\":\"retention\"")
        .contains("\"reason\":\"series_limit\",\"limit\":\"limits.max-global-series-per-user\"");
  }
}
