package io.trilith.server.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.compactor.Deletions;
import io.trilith.storage.catalog.Change;
import io.trilith.storage.catalog.Deletion;
import io.trilith.storage.catalog.Draft;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.BlockId;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Signal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeletionTest {
  private static final Labels ANN = Opened.labels("__name__", "logins", "user", "ann");
  private static final Labels BOB = Opened.labels("__name__", "logins", "user", "bob");
  private static final Labels APP = Opened.labels("app", "shop");

  @TempDir Path directory;

  private static Deletions.Ask all(Signal signal, String selector) {
    return new Deletions.Ask(signal, List.of(selector), Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static Deletion create(Opened opened, Deletions.Ask... asks) {
    return opened.node.removal().deletions().create(Opened.TENANT, List.of(asks));
  }

  private static Deletion only(Opened opened) {
    return opened.node.removal().deletions().list(Opened.TENANT).getLast();
  }

  @Test
  void oneSubjectIsHiddenAtOnceInAllSignalsAndRewrittenAfterTheDelay() {
    try (Opened opened = new Opened(directory)) {
      for (int i = 0; i < 20; i++) {
        opened.sample(ANN, opened.millis(30 - i), i);
        opened.sample(BOB, opened.millis(30 - i), i);
        opened.line(APP, opened.nanos(30 - i), "user=ann n=" + i);
        opened.line(APP, opened.nanos(30 - i), "user=bob n=" + i);
        opened.span(i, 1, i % 2 == 0 ? "ann" : "bob", opened.nanos(30 - i));
        opened.span(i, 2, "x", opened.nanos(30 - i));
      }
      Deletion made =
          create(
              opened,
              all(Signal.METRICS, "{user=\"ann\"}"),
              all(Signal.LOGS, "{app=\"shop\"} |= \"user=ann\""),
              all(Signal.TRACES, "{.user=\"ann\"}"));
      assertThat(made.pending(opened.node.catalog().state())).hasSize(3);
      opened.sample(ANN, opened.millis(1), 7);
      opened.line(APP, opened.nanos(1), "user=ann later");
      opened.span(50, 1, "ann", opened.nanos(1));
      for (int round = 0; round < 4; round++) {
        switch (round) {
          case 1 -> opened.node.log().flusher().flushAll();
          case 2 -> {
            opened.node.compact();
          }
          case 3 -> {
            opened.restart();
            opened.pass(Duration.ofHours(25));
            assertThat(only(opened).isCompleted()).isFalse();
            opened.node.removal().deletions().run();
          }
          default -> {}
        }
        assertThat(opened.samples()).as("round %s", round).hasSize(21);
        assertThat(opened.samples()).filteredOn(one -> one.contains("ann")).hasSize(1);
        assertThat(opened.lines()).hasSize(21).filteredOn(l -> l.contains("ann")).hasSize(1);
        assertThat(opened.spans()).hasSize(21).contains("50 1").doesNotContain("0 1", "0 2");
      }
      Deletion done = only(opened);
      assertThat(done.isCompleted()).isTrue();
      assertThat(done.completedBy()).isGreaterThan(done.createdBy());
      assertThat(done.parts()).extracting(Deletion.Part::items).containsExactly(20L, 20L, 20L);
      assertThat(opened.node.catalog().state().removals().active()).isEmpty();
    }
  }

  @Test
  void whatIsHiddenIsNotListedNorCounted() {
    try (Opened opened = new Opened(directory)) {
      opened.sample(ANN, opened.millis(9), 1);
      opened.sample(BOB, opened.millis(9), 1);
      opened.sample(BOB, opened.millis(5), 2);
      create(
          opened,
          new Deletions.Ask(
              Signal.METRICS, List.of("{user=~\".+\"}"), Long.MIN_VALUE, opened.millis(8)));
      assertThat(opened.series()).containsExactly(BOB);
      assertThat(opened.values("user")).containsExactly("bob");
      assertThat(opened.samples()).hasSize(1);
    }
  }

  @Test
  void aCancelledDeletionShowsEverythingAgain() {
    try (Opened opened = new Opened(directory)) {
      opened.sample(ANN, opened.millis(9), 1);
      opened.line(APP, opened.nanos(9), "user=ann");
      opened.span(1, 1, "ann", opened.nanos(9));
      Deletion made =
          create(
              opened,
              all(Signal.METRICS, "{user=\"ann\"}"),
              all(Signal.LOGS, "{app=\"shop\"} | logfmt | user=\"ann\""),
              all(Signal.TRACES, "{.user=\"ann\"}"));
      opened.pass(Duration.ofHours(23));
      opened.node.removal().deletions().run();
      assertThat(opened.samples()).isEmpty();
      assertThat(opened.lines()).isEmpty();
      assertThat(opened.spans()).isEmpty();
      opened.node.removal().deletions().cancel(Opened.TENANT, made.id(), false);
      assertThat(opened.samples()).hasSize(1);
      assertThat(opened.lines()).hasSize(1);
      assertThat(opened.spans()).hasSize(1);
    }
  }

  @Test
  void aDeletionThatIsDueCannotBeCancelled() {
    try (Opened opened = new Opened(directory)) {
      opened.sample(ANN, opened.millis(9), 1);
      Deletion made = create(opened, all(Signal.METRICS, "{user=\"ann\"}"));
      opened.pass(Duration.ofHours(24));
      assertThatThrownBy(
              () -> opened.node.removal().deletions().cancel(Opened.TENANT, made.id(), false))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("cannot be cancelled any more");
    }
  }

  @Test
  void aYoungerDeletionOfTheSameBlockCanStillBeCancelledAfterTheRewriteForAnOlderOne() {
    try (Opened opened = new Opened(directory)) {
      opened.sample(ANN, opened.millis(9), 1);
      opened.sample(BOB, opened.millis(9), 1);
      opened.sample(APP, opened.millis(9), 1);
      create(opened, all(Signal.METRICS, "{user=\"ann\"}"));
      opened.pass(Duration.ofHours(12));
      Deletion second = create(opened, all(Signal.METRICS, "{user=\"bob\"}"));
      opened.pass(Duration.ofHours(13));
      opened.node.removal().deletions().run();
      assertThat(opened.node.removal().deletions().list(Opened.TENANT).getFirst().isCompleted())
          .isTrue();
      assertThat(opened.series()).containsExactly(APP);
      opened.restart();
      assertThat(opened.series()).containsExactly(APP);
      opened.node.removal().deletions().cancel(Opened.TENANT, second.id(), false);
      assertThat(opened.series()).containsExactlyInAnyOrder(APP, BOB);
    }
  }

  @Test
  void aBlockWithoutSuchRowsIsNotRewritten() {
    try (Opened opened = new Opened(directory)) {
      opened.sample(BOB, opened.millis(9), 1);
      opened.line(APP, opened.nanos(9), "x");
      opened.node.log().flusher().flushAll();
      var before = new TreeSet<>(opened.node.catalog().state().blocks().keySet());
      create(
          opened,
          all(Signal.METRICS, "{user=\"ann\"}"),
          all(Signal.LOGS, "{app=\"shop\"} |= \"ann\""));
      opened.pass(Duration.ofHours(25));
      opened.node.removal().deletions().run();
      assertThat(only(opened).isCompleted()).isTrue();
      assertThat(opened.node.catalog().state().blocks().keySet()).isEqualTo(before);
    }
  }

  @Test
  void selectorsThatCannotBeUsedAreRefused() {
    try (Opened opened = new Opened(directory)) {
      assertThatThrownBy(() -> create(opened, all(Signal.METRICS, "sum(up)")))
          .isInstanceOf(InvalidRequestException.class);
      assertThatThrownBy(() -> create(opened, all(Signal.LOGS, "rate({a=\"b\"}[1m])")))
          .isInstanceOf(InvalidRequestException.class);
      assertThatThrownBy(() -> create(opened, all(Signal.TRACES, "{} | rate()")))
          .isInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void moreTracesThanTheLimitAreRefused() {
    try (Opened opened = new Opened(directory, "deletion.traces-max=3")) {
      for (int i = 0; i < 4; i++) {
        opened.span(i, 1, "ann", opened.nanos(9));
      }
      assertThatThrownBy(() -> create(opened, all(Signal.TRACES, "{.user=\"ann\"}")))
          .hasMessageContaining("deletion.traces-max = 3");
      assertThat(opened.spans()).hasSize(4);
    }
  }

  private static boolean holds(Path directory, String secret) throws IOException {
    byte[] wanted = secret.getBytes(StandardCharsets.UTF_8);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
            .contains(new String(wanted, StandardCharsets.ISO_8859_1))) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void isCompleteOnlyWhenTheLogHasNoneOfItsRowsThoughOthersWriteOn() throws Exception {
    try (Opened opened = new Opened(directory)) {
      opened.line(APP, opened.nanos(9), "user=ann secret");
      opened.sample(ANN, opened.millis(9), 1);
      opened.span(1, 1, "ann", opened.nanos(9));
      Deletion made = create(opened, all(Signal.LOGS, "{app=\"shop\"} |= \"secret\""));
      assertThat(made.asked().log()).isNotEmpty();
      assertThat(made.asked().logEnd()).isPositive();
      assertThat(holds(directory.resolve("log"), "secret")).isTrue();
      // A record of now in the same segment.
      opened.line(APP, opened.nanos(1), "user=bob");
      opened.pass(Duration.ofHours(25));
      opened.node.removal().deletions().run();
      assertThat(only(opened).isCompleted()).isTrue();
      assertThat(holds(directory.resolve("log"), "secret")).isFalse();
      assertThat(opened.lines()).hasSize(1);
      opened.restart();
      assertThat(opened.lines()).hasSize(1);
      assertThat(opened.samples()).hasSize(1);
      assertThat(opened.spans()).hasSize(1);
    }
  }

  @Test
  void waitsForAnObjectThatNoCommitNames() throws Exception {
    try (Opened opened = new Opened(directory)) {
      opened.line(APP, opened.nanos(9), "user=ann");
      opened.node.log().flusher().flushAll();
      Path blocks = directory.resolve("objects/blocks/logs");
      Path block;
      try (Stream<Path> files = Files.walk(blocks)) {
        block = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      }
      BlockId stray = BlockId.create(() -> opened.now, new SplittableRandom(3));
      Path left = block.resolveSibling(stray.text() + ".block");
      Files.copy(block, left);
      create(opened, all(Signal.LOGS, "{app=\"shop\"}"));
      opened.pass(Duration.ofHours(25));
      opened.node.removal().deletions().run();
      assertThat(only(opened).isCompleted()).isFalse();
      assertThat(opened.node.removal().deletions().waitsFor(only(opened)))
          .singleElement()
          .asString()
          .contains(stray.text());
      Files.delete(left);
      opened.node.removal().deletions().run();
      assertThat(only(opened).isCompleted()).isTrue();
    }
  }

  @Test
  void aDryRunCountsRowsOfEachSignalAndDoesNothing() {
    try (Opened opened = new Opened(directory)) {
      for (int i = 0; i < 20; i++) {
        opened.sample(i % 4 == 0 ? ANN : BOB, opened.millis(30 - i), i);
        opened.line(APP, opened.nanos(30 - i), i % 2 == 0 ? "user=ann" : "user=bob");
        opened.span(i, 1, i == 0 ? "ann" : "bob", opened.nanos(30 - i));
      }
      Deletion planned =
          opened
              .node
              .removal()
              .deletions()
              .plan(
                  Opened.TENANT,
                  List.of(
                      all(Signal.METRICS, "{user=\"ann\"}"),
                      all(Signal.LOGS, "{app=\"shop\"} |= \"ann\""),
                      all(Signal.TRACES, "{.user=\"ann\"}")));
      assertThat(planned.parts()).extracting(Deletion.Part::items).containsExactly(5L, 10L, 1L);
      assertThat(opened.node.removal().deletions().list(Opened.TENANT)).isEmpty();
      assertThat(opened.lines()).hasSize(20);
    }
  }

  @Test
  void deletionsThatAreDueTogetherEachCountTheirOwnRows() {
    try (Opened opened = new Opened(directory)) {
      for (int i = 0; i < 12; i++) {
        opened.line(APP, opened.nanos(30 - i), i % 3 == 0 ? "user=ann" : "user=bob");
      }
      create(opened, all(Signal.LOGS, "{app=\"shop\"} |= \"ann\""));
      create(opened, all(Signal.LOGS, "{app=\"shop\"} |= \"bob\""));
      opened.pass(Duration.ofHours(25));
      opened.node.removal().deletions().run();
      assertThat(opened.node.removal().deletions().list(Opened.TENANT))
          .extracting(one -> one.parts().getFirst().items())
          .containsExactlyInAnyOrder(4L, 8L);
    }
  }

  @Test
  void whoAskedAndWhoCancelledStaysListed() {
    try (Opened opened = new Opened(directory)) {
      opened.line(APP, opened.nanos(9), "user=ann");
      Deletion made =
          opened
              .node
              .removal()
              .deletions()
              .create(Opened.TENANT, List.of(all(Signal.LOGS, "{app=\"shop\"}")), "ann@desk");
      opened.node.removal().deletions().cancel(Opened.TENANT, made.id(), false, "bob@desk");
      opened.restart();
      Deletion listed = only(opened);
      assertThat(listed.asked().by()).isEqualTo("ann@desk");
      assertThat(listed.ended().by()).isEqualTo("bob@desk");
      assertThat(listed.ended().cancelled()).isTrue();
      assertThat(listed.isCompleted()).isFalse();
      assertThat(opened.lines()).hasSize(1);
    }
  }

  @Test
  void copiesThatWereMadeBeforeAreNamedAsOutOfReach() {
    try (Opened opened = new Opened(directory)) {
      opened.line(APP, opened.nanos(9), "user=ann");
      opened.node.catalog().commit(_ -> Draft.of(new Change.Copied("s3://elsewhere/before")));
      create(opened, all(Signal.LOGS, "{app=\"shop\"}"));
      opened.pass(Duration.ofHours(25));
      opened.node.removal().deletions().run();
      assertThat(only(opened).ended().outOfReach())
          .singleElement()
          .asString()
          .contains("s3://elsewhere/before");
    }
  }

  @Test
  void aClockThatIsNotBelievedMakesNoDeletionDue() {
    try (Opened opened = new Opened(directory)) {
      opened.line(APP, opened.nanos(9), "user=ann");
      Deletion made = create(opened, all(Signal.LOGS, "{app=\"shop\"}"));
      opened.now = opened.now.plus(Duration.ofDays(40));
      opened.node.removal().deletions().run();
      opened.node.removal().deletions().cancel(Opened.TENANT, made.id(), false);
      opened.now = opened.now.minus(Duration.ofDays(40));
      assertThat(opened.lines()).hasSize(1);
    }
  }
}
