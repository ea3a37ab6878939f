package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigReaderTest {
  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("trilith.yaml"), text);
  }

  private static TrilithConfig read(Path file, String... sets) {
    return new ConfigReader(Map.of("PORT", "9999")).read(file, List.of(sets));
  }

  @Test
  void theReferenceFileSaysWhatTheCodeSays() throws Exception {
    Path reference = Path.of(System.getProperty("trilith.root", ".."), "config", "trilith.yaml");
    if (Boolean.getBoolean("trilith.regenerate")) {
      Files.writeString(reference, ConfigReference.text());
    }
    assertThat(reference).hasContent(ConfigReference.text());
    assertThat(read(reference)).isEqualTo(new ConfigReader(Map.of()).read(null, List.of()));
  }

  @Test
  void takesDefaultsThenTheFileThenTheFlags() throws Exception {
    Path file =
        file(
            "retention:\n  default: 30d\nserver:\n  http-listen: 127.0.0.1:${PORT}\n  body-max: 1.5MiB\n");
    TrilithConfig config = read(file, "retention.default=0", "tenancy.multi=true");
    assertThat(config.retention().keep()).isEqualTo(Duration.ZERO);
    assertThat(config.tenancy().multi()).isTrue();
    assertThat(config.server().httpListen()).isEqualTo(new HostPort("127.0.0.1", 9999));
    assertThat(config.server().bodyMax().bytes()).isEqualTo(1_572_864);
    assertThat(config.server().otlpGrpcListen().port()).isEqualTo(4317);
  }

  @Test
  void namesTheLineTheKeyAndTheNearestValidKey() throws Exception {
    Path file = file("# comment\nretention:\n  defalt: 30d\n");
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(ConfigException.class)
        .hasMessage(file + ":3: unknown key 'retention.defalt'; did you mean 'retention.default'?");
    assertThatThrownBy(() -> new ConfigReader(Map.of()).read(null, List.of("tenancy.mutli=true")))
        .hasMessage(
            "--set tenancy.mutli=true: unknown key 'tenancy.mutli'; did you mean 'tenancy.multi'?");
  }

  @Test
  void namesTheValueThatDoesNotFitItsType() throws Exception {
    for (String[] bad :
        new String[][] {
          {"retention:\n  default: soon", "retention.default: 'soon' is not a duration"},
          {"server:\n  body-max: big", "server.body-max: 'big' is not a size"},
          {"server:\n  writes-max: -1", "server.writes-max: '-1' is not between"},
          {"tenancy:\n  multi: yes", "tenancy.multi: 'yes' is neither true nor false"},
          {"storage:\n  kind: tape", "storage.kind: 'tape' is not one of directory"},
          {"server:\n  http-listen: here", "server.http-listen: 'here' is not HOST:PORT"},
          {"server:\n  http-listen: ${NOBODY}", "the environment variable NOBODY is not set"},
          {"server: 3", "unknown key 'server'"},
          {"a: [", "is not YAML"},
        }) {
      Path file = file(bad[0]);
      assertThatThrownBy(() -> read(file))
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith(file.toString())
          .hasMessageContaining(bad[1]);
    }
  }

  record Holder(@Key(doc = "A section.") Inner inner) {}

  record Inner(@Key(doc = "A secret.") Secret password, @Key(doc = "A list.") List<String> hosts) {}

  @Test
  void readsSecretsFromFilesAndNeverShowsThem() throws Exception {
    Path secret = Files.writeString(directory.resolve("password"), "hunter2\n");
    Path file = file("inner:\n  password-file: " + secret + "\n  hosts: [a, b]\n");
    Holder holder = new ConfigReader(Map.of()).read(Holder.class, file, List.of());
    assertThat(holder.inner().password().value()).isEqualTo("hunter2");
    assertThat(holder.inner().hosts()).containsExactly("a", "b");
    assertThat(holder.toString()).doesNotContain("hunter2");
  }

  @Test
  void readsBackTheDurationsAndSizesItWrites() {
    for (String text : List.of("15d", "1h30m", "500ms", "0", "2d3h4m5s")) {
      assertThat(Durations.format(Durations.parse(text))).isEqualTo(text);
    }
    assertThat(Durations.parse("2w")).isEqualTo(Duration.ofDays(14));
    for (String text : List.of("64MiB", "512B", "3GiB")) {
      assertThat(ByteSize.parse(text)).hasToString(text);
    }
    for (String text : List.of("", "d", "5", "5x", "-3s", "1h-2m")) {
      assertThatThrownBy(() -> Durations.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void readsAListOfRecordsAndNamesWhatIsWrongInIt() throws Exception {
    String start = "retention:\n  policies:\n";
    Path file =
        file(
            start
                + "    - signal: logs\n      selector: '{app=\"a\"}'\n      keep: 1h\n"
                + "    - tenant: team-b\n      keep: 30d\n      max-bytes: 1GiB\n      priority: 5\n");
    List<RetentionPolicy> policies = read(file).retention().policies();
    assertThat(policies).hasSize(2);
    assertThat(policies.getFirst())
        .isEqualTo(
            new RetentionPolicy(
                "*",
                RetentionPolicy.Scope.LOGS,
                "{app=\"a\"}",
                Duration.ofHours(1),
                new ByteSize(0),
                0));
    assertThat(policies.getLast().maxBytes()).isEqualTo(new ByteSize(1L << 30));
    Path bad = file(start + "    - keep: 1h\n    - keep: soon\n");
    assertThatThrownBy(() -> read(bad))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            bad
                + ":4: retention.policies[1].keep: 'soon' is not a duration such as 30s, 1h30m or 15d");
    Path unknown = file(start + "    - keep: 1h\n      kep: 1h\n");
    assertThatThrownBy(() -> read(unknown))
        .hasMessage(
            unknown
                + ":4: unknown key 'retention.policies[0].kep'; did you mean"
                + " 'retention.policies[0].keep'?");
    Path without = file(start + "    - tenant: a\n");
    assertThatThrownBy(() -> read(without)).hasMessageContaining("retention.policies[0].keep");
    Path text = file("retention:\n  policies: 1h\n");
    assertThatThrownBy(() -> read(text))
        .hasMessage(text + ":2: retention.policies: '1h' is not a list of records");
    assertThatThrownBy(() -> read(file(""), "retention.disk-high-water=90"))
        .hasMessageContaining("disk-low-water = 0");
  }
}
