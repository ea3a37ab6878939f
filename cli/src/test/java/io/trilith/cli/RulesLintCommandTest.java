package io.trilith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.cli.client.Api;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trilith rules lint} alone and against a server. */
class RulesLintCommandTest {
  @TempDir Path directory;

  private SmallBucket.Ran lint(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "rules";
    all[1] = "lint";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return SmallBucket.run(all);
  }

  private String file(String name, String rule) throws IOException {
    String text = "groups:\n- name: g\n  rules:\n  - " + rule + "\n";
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Test
  void findingsMakeStatusOneAndNameTheRule() throws IOException {
    String file = file("a.yml", "{alert: A, expr: x_total > 1}");
    SmallBucket.Ran found = lint(file);
    assertThat(found.status()).isEqualTo(1);
    assertThat(found.out()).contains(file + ":4: group \"g\", rule 1, \"A\": counter-without-rate");
    assertThat(lint(file, "--only", "short-for").status()).isZero();
    assertThat(lint(file, "--only", "none").status()).isEqualTo(2);
    assertThat(lint(file, "--interval", "x").status()).isEqualTo(2);
    SmallBucket.Ran broken = lint(file("b.yml", "{alert: A, expr: 'sum('}"));
    assertThat(broken.status()).isEqualTo(1);
    assertThat(broken.err()).contains("b.yml", "expr");
    assertThat(lint(directory.resolve("no*.yml").toString()).status()).isEqualTo(1);
  }

  @Test
  void budgetsAreHeldAgainstAServersSeries() throws IOException {
    TestServer.with(
        directory.resolve("data"),
        port -> {
          String expr = "label_replace(vector(1), \"a\", \"b\", \"\", \"\") or vector(2)";
          try (Api api = Api.local(port)) {
            String _ =
                api.post(
                    "/prometheus/config/v1/rules/ns",
                    "application/yaml",
                    "",
                    "name: w\ninterval: 100ms\nrules: [{record: 'made', expr: '%s'}]\n"
                        .formatted(expr)
                        .getBytes(StandardCharsets.UTF_8));
            while (api.get("/api/v1/query", "query", "made").at("data").at("result").list().size()
                < 2) {
              Thread.onSpinWait();
            }
          }
          judge(port);
        });
    SmallBucket.Ran nobody =
        lint(file("c.yml", "{record: r, expr: y}"), "--server", "http://127.0.0.1:1");
    assertThat(nobody.status()).isEqualTo(2);
  }

  private void judge(int port) {
    String server = "http://127.0.0.1:" + port;
    String[] options = {"--server", server, "--only", "cardinality-budget,series-missing"};
    try {
      String fine = "{alert: A, expr: made > 1, annotations: {cardinality_budget: 2}}";
      SmallBucket.Ran good = lint(with(file("fine.yml", fine), options));
      assertThat(good.out() + good.err()).contains("1 rules, 0 findings, 2 series");
      String small = "{alert: A, expr: made > 1, annotations: {cardinality_budget: 1}}";
      SmallBucket.Ran bad = lint(with(file("small.yml", small), options));
      assertThat(bad.status()).isEqualTo(1);
      assertThat(bad.out()).contains("cardinality_budget is 1, and made has 2 active series");
      SmallBucket.Ran json =
          lint(
              with(
                  file("none.yml", "{alert: A, expr: no_such > 1}"),
                  with("-o", with("json", options))));
      assertThat(json.out()).contains("\"check\":\"series-missing\"", "\"selector\":\"no_such\"");
      assertThat(json.status()).isEqualTo(1);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String[] with(String first, String... rest) {
    String[] all = new String[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }
}
