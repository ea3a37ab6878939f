package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.config.ConfigException;
import io.trilith.storage.catalog.BlockEntry;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code {team="a"}} is kept an hour, the rest two weeks, in all signals. */
class RetentionPoliciesTest {
  private static final String[] POLICIES = {
    "retention.default=14d",
    "retention.policies[0].signal=metrics",
    "retention.policies[0].selector={team=\"a\"}",
    "retention.policies[0].keep=1h",
    "retention.policies[1].signal=logs",
    "retention.policies[1].selector={team=\"a\"}",
    "retention.policies[1].keep=1h",
    "retention.policies[2].signal=traces",
    "retention.policies[2].selector={resource.team=\"a\"}",
    "retention.policies[2].keep=1h",
  };
  private static final Labels A = Opened.labels("__name__", "up", "team", "a");
  private static final Labels B = Opened.labels("__name__", "up", "team", "b");

  @TempDir Path directory;

  /** One row of each team and signal, of every tenth minute of an hour and a half. */
  private static void fill(Opened opened) {
    for (int minute = 0; minute < 90; minute += 10) {
      opened.sample(A, opened.millis(minute), minute);
      opened.sample(B, opened.millis(minute), minute);
      opened.line(A, opened.nanos(minute), "n=" + minute);
      opened.line(B, opened.nanos(minute), "n=" + minute);
      opened.span(minute / 10, 1, "a", opened.nanos(minute));
      opened.span(minute / 10, 2, "b", opened.nanos(minute));
    }
  }

  private static void assertRows(Opened opened, int ofA, int ofB) {
    assertThat(opened.samples()).filteredOn(one -> one.contains("\"a\"")).hasSize(ofA);
    assertThat(opened.samples()).hasSize(ofA + ofB);
    assertThat(opened.lines()).filteredOn(one -> one.contains("\"a\"")).hasSize(ofA);
    assertThat(opened.lines()).hasSize(ofA + ofB);
    assertThat(opened.spans()).filteredOn(one -> one.endsWith(" 1")).hasSize(ofA);
    assertThat(opened.spans()).hasSize(ofA + ofB);
  }

  private static long items(Opened opened, Signal signal) {
    return opened.node.catalog().state().blocks(signal, Opened.TENANT).stream()
        .mapToLong(BlockEntry::items)
        .sum();
  }

  private static long objects(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("objects/blocks"))) {
      return files.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void rowsAreHiddenWhenTheyExpireInHeadsAndBlocksAndGoPhysically() throws Exception {
    try (Opened opened = new Opened(directory, "retention.default=14d")) {
      fill(opened);
      assertRows(opened, 9, 9);
      opened.node.log().flusher().flushAll();
      opened.restart(POLICIES);
      // Some of each block's rows have expired: they are hidden, the blocks wait.
      assertThat(opened.node.removal().retention().refusal()).isEmpty();
      assertRows(opened, 7, 9);
      opened.node.removal().retention().run();
      assertThat(items(opened, Signal.METRICS)).isEqualTo(18);
      opened.pass(Duration.ofMinutes(30));
      assertRows(opened, 4, 9);
      opened.pass(Duration.ofMinutes(31));
      assertRows(opened, 0, 9);
      assertThat(opened.values("team")).containsExactly("b");
      // All rows of team a have expired. They stay for the delay, then one rewrite takes them.
      opened.node.removal().retention().run();
      assertThat(items(opened, Signal.LOGS)).isEqualTo(18);
      assertThat(opened.node.removal().retention().plan().hidden()).hasSize(3);
      // By parts: a trace of both teams counts whole.
      assertThat(opened.node.removal().retention().plan().rows()).isEqualTo(9 + 9 + 18);
      opened.pass(Duration.ofHours(2));
      assertThat(opened.node.removal().retention().plan().rewritten()).hasSize(3);
      opened.node.removal().retention().run();
      assertThat(opened.node.removal().retention().history())
          .hasSize(3)
          .allMatch(one -> one.rows() == 9 && one.policy().endsWith("= 1h"));
      for (Signal signal : Signal.values()) {
        assertThat(items(opened, signal)).as("%s", signal).isEqualTo(9);
      }
      assertRows(opened, 0, 9);
      assertThat(opened.node.removal().retention().plan().rewritten()).isEmpty();
      opened.restart(POLICIES);
      assertRows(opened, 0, 9);
      opened.pass(Duration.ofDays(14));
      opened.node.removal().retention().run();
      assertRows(opened, 0, 0);
      assertThat(opened.node.catalog().state().blocks()).isEmpty();
      assertThat(objects(directory)).isEqualTo(3);
      opened.pass(Duration.ofHours(3));
      opened.node.removal().retention().run();
      assertThat(objects(directory)).isZero();
    }
  }

  @Test
  void rowsOfHeadsExpireToo() {
    try (Opened opened = new Opened(directory, POLICIES)) {
      opened.sample(A, opened.millis(50), 1);
      opened.sample(B, opened.millis(50), 1);
      opened.line(A, opened.nanos(50), "x");
      opened.line(B, opened.nanos(50), "x");
      opened.span(1, 1, "a", opened.nanos(50));
      opened.span(1, 2, "b", opened.nanos(50));
      assertRows(opened, 1, 1);
      opened.pass(Duration.ofMinutes(11));
      assertRows(opened, 0, 1);
    }
  }

  @Test
  void theDoorRefusesWhatHasExpiredAndNamesThePolicy() {
    try (Opened opened = new Opened(directory, POLICIES)) {
      assertThat(opened.sample(A, opened.millis(61), 1).reason())
          .contains("is older than retention.policies[0] = 1h allows");
      assertThat(opened.line(A, opened.nanos(61), "x").reason())
          .contains("is older than retention.policies[1] = 1h allows");
      assertThat(opened.span(1, 1, "a", opened.nanos(61)).reason())
          .contains("is older than retention.policies[2] = 1h allows");
      assertThat(opened.sample(B, opened.millis(61), 1).reason()).isEmpty();
      assertThat(opened.line(B, opened.nanos(61), "x").reason()).isEmpty();
      assertThat(opened.span(1, 2, "b", opened.nanos(61)).reason()).isEmpty();
      assertRows(opened, 0, 1);
    }
  }

  @Test
  void aPolicyMayKeepSomethingLongerThanTheDefault() {
    String[] longer = {
      "retention.default=1h",
      "retention.policies[0].signal=metrics",
      "retention.policies[0].selector={team=\"a\"}",
      "retention.policies[0].keep=30d",
    };
    try (Opened opened = new Opened(directory, longer)) {
      opened.sample(A, opened.millis(70), 1);
      assertThat(opened.sample(B, opened.millis(70), 1).reason())
          .contains("is older than retention.default = 1h allows");
      opened.sample(B, opened.millis(50), 1);
      assertThat(opened.line(A, opened.nanos(70), "x").reason()).contains("retention.default = 1h");
      opened.node.log().flusher().flushAll();
      assertThat(opened.samples()).hasSize(2);
      opened.pass(Duration.ofMinutes(80));
      assertThat(opened.series()).containsExactly(A);
      opened.pass(Duration.ofHours(2));
      opened.node.removal().retention().run();
      assertThat(items(opened, Signal.METRICS)).isEqualTo(1);
      assertThat(opened.series()).containsExactly(A);
    }
  }

  @Test
  void mergesKeepWhatHasExpiredAndOtherPoliciesShowItAgain() {
    try (Opened opened = new Opened(directory, POLICIES)) {
      for (int block = 0; block < 4; block++) {
        opened.sample(A, opened.millis(50 - block), 1);
        opened.sample(A, opened.millis(0), block);
        opened.sample(B, opened.millis(50 - block), 1);
        opened.line(A, opened.nanos(50 - block), "x");
        opened.line(B, opened.nanos(50 - block), "x");
        opened.span(block, 1, "a", opened.nanos(50 - block));
        opened.span(block, 2, "b", opened.nanos(50 - block));
        opened.node.log().flusher().flushAll();
      }
      opened.pass(Duration.ofMinutes(20));
      opened.node.compact();
      assertThat(opened.node.catalog().state().blocks()).hasSize(3);
      assertThat(items(opened, Signal.METRICS)).isEqualTo(9);
      assertThat(items(opened, Signal.LOGS)).isEqualTo(8);
      assertThat(items(opened, Signal.TRACES)).isEqualTo(8);
      assertThat(opened.lines()).hasSize(4);
      opened.restart("retention.default=14d");
      assertThat(opened.lines()).hasSize(8);
      assertThat(opened.samples()).hasSize(9);
      assertThat(opened.spans()).hasSize(8);
    }
  }

  @Test
  void aListThatWouldHideMostRowsOfAnySignalHidesNothingUntilItIsConfirmed() {
    for (String signal : List.of("metrics", "logs", "traces")) {
      Path own = directory.resolve(signal);
      String selector = signal.equals("traces") ? "{resource.team=\"a\"}" : "{team=\"a\"}";
      String[] typo = {
        "retention.default=14d",
        "retention.policies[0].signal=" + signal,
        "retention.policies[0].selector=" + selector,
        "retention.policies[0].keep=10m",
      };
      try (Opened opened = new Opened(own, "retention.default=14d")) {
        fill(opened);
        // In heads and in the log alone: they count as well.
        opened.restart(typo);
        assertThat(opened.node.removal().retention().refusal())
            .contains(signal + " of team-a: ")
            .contains("retention.policies[0] = 10m");
        assertRows(opened, 9, 9);
        opened.node.removal().retention().run();
        opened.node.merge(Signal.LOGS).compact();
        assertRows(opened, 9, 9);
        assertThat(opened.node.removal().retention().plan().rows())
            .isBetween(6L, signal.equals("traces") ? 16L : 8L);
        opened.restart("retention.default=14d");
        assertThat(opened.node.removal().retention().refusal()).isEmpty();
        assertRows(opened, 9, 9);
        opened.restart(typo);
        opened.node.removal().retention().confirm();
        int shown = opened.samples().size() + opened.lines().size() + opened.spans().size();
        assertThat(shown).isEqualTo(3 * 18 - 7);
      }
    }
  }

  @Test
  void theDefaultIsGuardedToo() {
    try (Opened opened = new Opened(directory, "retention.default=14d")) {
      fill(opened);
      opened.restart("retention.default=30m");
      assertThat(opened.node.removal().retention().refusal()).contains("retention.default = 30m");
      assertRows(opened, 9, 9);
      opened.node.removal().retention().confirm();
      assertRows(opened, 4, 4);
      opened.node.removal().retention().undo();
      assertRows(opened, 9, 9);
    }
  }

  @Test
  void aBlockThatASelectorExpiresWholeCanBeRestored() {
    try (Opened opened = new Opened(directory, POLICIES)) {
      opened.line(A, opened.nanos(50), "x");
      opened.sample(A, opened.millis(50), 1);
      opened.span(1, 1, "a", opened.nanos(50));
      opened.node.log().flusher().flushAll();
      opened.pass(Duration.ofMinutes(20));
      opened.node.removal().retention().run();
      assertThat(opened.node.catalog().state().removals().restorable()).hasSize(3);
      assertRows(opened, 0, 0);
      opened.restart("retention.default=14d");
      assertRows(opened, 1, 0);
    }
  }

  @Test
  void aPolicyThatCannotBeReadStopsTheStart() {
    assertRefused("metrics", "sum(up)", "retention.policies[0].selector: 'sum(up)'");
    assertRefused("logs", "{a=\"b\"} |= \"x\"", "only a stream selector is taken");
    assertRefused("traces", "{.team=\"a\"}", "cannot be judged by the columns");
    assertRefused("traces", "{} >> {}", "only one filter in braces");
    assertRefused("all", "{team=\"a\"}", "needs signal to be metrics, logs or traces");
  }

  private void assertRefused(String signal, String selector, String message) {
    List<String> sets =
        List.of(
            "retention.policies[0].signal=" + signal,
            "retention.policies[0].selector=" + selector,
            "retention.policies[0].keep=1h");
    assertThatThrownBy(() -> new Opened(directory, sets.toArray(String[]::new)).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }
}
