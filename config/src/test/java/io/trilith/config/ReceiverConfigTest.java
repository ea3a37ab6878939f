package io.trilith.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReceiverConfigTest {
  @TempDir Path directory;

  private static List<ReceiverConfig> read(String... settings) {
    List<String> sets = new ArrayList<>();
    for (String setting : settings) {
      sets.add("rules.receivers" + setting);
    }
    return new ConfigReader(Map.of()).read(null, sets).rules().receivers();
  }

  @Test
  void receiversHaveAlertmanagersTimes() throws Exception {
    Path file = Files.writeString(directory.resolve("url"), "https://hooks.example/T0/key\n");
    List<ReceiverConfig> all =
        read(
            "[0].kind=slack",
            "[0].url-file=" + file,
            "[0].group-by=alertname,team",
            "[1].kind=pagerduty",
            "[1].name=page",
            "[1].routing-key=k",
            "[1].selector={severity=\"page\"}");
    assertThat(all).extracting(ReceiverConfig::name).containsExactly("default", "page");
    ReceiverConfig slack = all.getFirst();
    assertThat(slack.address()).isEqualTo("https://hooks.example/T0/key");
    assertThat(slack.toString()).doesNotContain("hooks.example");
    assertThat(slack.groupBy()).containsExactly("alertname", "team");
    assertThat(slack.groupWait()).isEqualTo(Duration.ofSeconds(30));
    assertThat(slack.groupInterval()).isEqualTo(Duration.ofMinutes(5));
    assertThat(slack.repeatInterval()).isEqualTo(Duration.ofHours(4));
    assertThat(all.getLast().address()).startsWith("https://events.pagerduty.com/");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[0].kind=webhook | needs a url",
        "[0].kind=webhook [0].url=file:///etc/passwd | must be http:// or https://",
        "[0].kind=webhook [0].url=http://a:b@x/ | without a user name",
        "[0].kind=pagerduty | pagerduty needs it",
        "[0].kind=webhook [0].url=http://x/ [0].routing-key=k | routing-key is for pagerduty",
        "[0].kind=webhook [0].url=http://x/ [0].repeat-interval=1m | repeat-interval",
        "[0].kind=mail [0].url=http://x/ | slack",
        "[0].url=http://x/ | rules.receivers[0].kind",
        "[0].kind=webhook [0].url=http://x/ [1].kind=webhook [1].url=http://y/ | the same name"
      })
  void whatContradictsItselfIsRefused(String settings, String reason) {
    assertThatThrownBy(() -> read(settings.split(" ", -1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(reason);
  }
}
