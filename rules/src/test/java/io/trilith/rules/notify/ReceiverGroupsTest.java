package io.trilith.rules.notify;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.config.ReceiverConfig;
import io.trilith.config.Secret;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.model.TenantId;
import io.trilith.testing.Seeds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReceiverGroupsTest {
  private static final TenantId TENANT = new TenantId("a");
  private static final long WAIT = 30_000;
  private static final long INTERVAL = 300_000;
  private static final long REPEAT = 3_600_000;

  private final Set<Labels> silenced = new HashSet<>();

  static ReceiverConfig config(ReceiverConfig.Kind kind, String url, boolean resolved) {
    return new ReceiverConfig(
        "team",
        kind,
        new Secret(url),
        new Secret(kind == ReceiverConfig.Kind.PAGERDUTY ? "key" : ""),
        "",
        List.of("alertname"),
        Duration.ofMillis(WAIT),
        Duration.ofMillis(INTERVAL),
        Duration.ofMillis(REPEAT),
        resolved,
        Duration.ofSeconds(10));
  }

  static Notification alert(String name, String pod, boolean resolved, long endsAt) {
    return new Notification(
        Labels.of("alertname", name, "pod", pod),
        Map.of("summary", name + " of <" + pod + ">"),
        1_000,
        endsAt,
        resolved,
        "http://x/graph");
  }

  private ReceiverGroups groups(boolean sendResolved, Matcher... matchers) {
    return new ReceiverGroups(
        config(ReceiverConfig.Kind.WEBHOOK, "http://x/", sendResolved),
        List.of(matchers),
        100,
        (_, labels) -> silenced.contains(labels));
  }

  private static void fires(ReceiverGroups groups, String name, String pod, long now) {
    assertThat(groups.add(TENANT, alert(name, pod, false, now + 10 * REPEAT), now)).isTrue();
  }

  @Test
  void aGroupIsWaitedForAndToldOnce() {
    ReceiverGroups groups = groups(true);
    fires(groups, "A", "1", 0);
    fires(groups, "A", "2", 10_000);
    fires(groups, "B", "1", 20_000);
    assertThat(groups.next()).isEqualTo(WAIT);
    assertThat(groups.due(WAIT - 1)).isEmpty();
    List<GroupMessage> due = groups.due(WAIT);
    assertThat(due).singleElement().satisfies(one -> assertThat(one.firing()).hasSize(2));
    groups.sent(due.getFirst(), WAIT);
    assertThat(groups.due(20_000 + WAIT)).hasSize(1);
  }

  @Test
  void aChangeIsToldAfterTheIntervalAndSilenceOnlyAfterTheRepetition() {
    ReceiverGroups groups = groups(true);
    fires(groups, "A", "1", 0);
    groups.sent(groups.due(WAIT).getFirst(), WAIT);
    fires(groups, "A", "1", 60_000);
    assertThat(groups.due(WAIT + INTERVAL)).isEmpty();
    fires(groups, "A", "2", WAIT + INTERVAL + 1);
    assertThat(groups.due(WAIT + INTERVAL + 1)).isEmpty();
    List<GroupMessage> due = groups.due(WAIT + 2 * INTERVAL);
    assertThat(due).hasSize(1);
    groups.sent(due.getFirst(), WAIT + 2 * INTERVAL);
    long again = WAIT + 2 * INTERVAL + REPEAT;
    assertThat(groups.due(again - INTERVAL)).isEmpty();
    assertThat(groups.due(again)).hasSize(1);
  }

  @Test
  void aResolvedAlertIsToldOnceHoweverOftenItIsSaid() {
    ReceiverGroups groups = groups(true);
    fires(groups, "A", "1", 0);
    groups.sent(groups.due(WAIT).getFirst(), WAIT);
    for (int i = 0; i < 3; i++) {
      assertThat(groups.add(TENANT, alert("A", "1", true, 50_000), 60_000 + i)).isTrue();
    }
    List<GroupMessage> due = groups.due(WAIT + INTERVAL);
    assertThat(due).singleElement().satisfies(one -> assertThat(one.isResolved()).isTrue());
    groups.sent(due.getFirst(), WAIT + INTERVAL);
    assertThat(groups.size()).isZero();
    assertThat(groups.add(TENANT, alert("A", "1", true, 50_000), WAIT + INTERVAL + 1)).isTrue();
    assertThat(groups.next()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void resolvedAlertsAreLeftOutForWhomDoesNotWantThem() {
    ReceiverGroups groups = groups(false);
    fires(groups, "A", "1", 0);
    groups.sent(groups.due(WAIT).getFirst(), WAIT);
    assertThat(groups.add(TENANT, alert("A", "1", true, 50_000), 60_000)).isTrue();
    assertThat(groups.due(WAIT + INTERVAL)).isEmpty();
    assertThat(groups.size()).isZero();
  }

  @Test
  void whatFailsIsTriedAgainAtLongerAndLongerDistances() {
    ReceiverGroups groups = groups(true);
    fires(groups, "A", "1", 0);
    long now = WAIT;
    long pause = 500;
    for (int i = 0; i < 10; i++) {
      groups.failed(groups.due(now).getFirst(), now);
      assertThat(groups.next()).isEqualTo(now + pause);
      now += pause;
      pause = Math.min(60_000, 2 * pause);
    }
    groups.sent(groups.due(now).getFirst(), now);
    assertThat(groups.next()).isEqualTo(now + INTERVAL);
  }

  @Test
  void silencedAlertsAreToldWhenTheSilenceIsOver() {
    ReceiverGroups groups = groups(true);
    silenced.add(alert("A", "1", false, 0).labels());
    fires(groups, "A", "1", 0);
    assertThat(groups.due(WAIT)).isEmpty();
    silenced.clear();
    assertThat(groups.due(WAIT + INTERVAL)).hasSize(1);
  }

  @Test
  void othersAlertsAndThoseWithoutRoomAreNotTaken() {
    ReceiverGroups groups = groups(true, Matcher.equal("pod", "1"));
    fires(groups, "A", "2", 0);
    assertThat(groups.size()).isZero();
    ReceiverGroups full = groups(true);
    for (int i = 0; i < 100; i++) {
      fires(full, "A", "p" + i, 0);
    }
    assertThat(full.add(TENANT, alert("A", "one more", false, 1), 0)).isFalse();
    assertThat(full.add(TENANT, alert("A", "p0", true, 1), 0)).isTrue();
  }

  /** Against what a reader of all messages must have heard: the last word on each alert. */
  @Test
  void theLastWordOnEachAlertArrives() {
    SplittableRandom random = Seeds.random("ReceiverGroupsTest");
    for (int round = 0; round < Seeds.iterations(100); round++) {
      ReceiverGroups groups = groups(true);
      Map<Labels, Boolean> said = new HashMap<>();
      Map<Labels, Boolean> heard = new HashMap<>();
      long now = 0;
      for (int i = 0; i < 300; i++) {
        now += random.nextInt(60_000);
        if (i < 200) {
          Notification alert =
              alert(
                  "A" + random.nextInt(3),
                  "p" + random.nextInt(4),
                  random.nextBoolean(),
                  Long.MAX_VALUE / 2 + now);
          boolean first = !said.containsKey(alert.labels());
          if (!first || !alert.resolved()) {
            assertThat(groups.add(TENANT, alert, now)).isTrue();
            said.put(alert.labels(), alert.resolved());
          }
        } else {
          now += INTERVAL;
        }
        for (GroupMessage message : new ArrayList<>(groups.due(now))) {
          if (random.nextInt(4) == 0) {
            groups.failed(message, now);
          } else {
            message.firing().forEach(one -> heard.put(one.labels(), false));
            message.resolved().forEach(one -> heard.put(one.labels(), true));
            groups.sent(message, now);
          }
        }
      }
      assertThat(heard).isEqualTo(said);
    }
  }
}
