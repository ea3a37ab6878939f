package io.trilith.rules.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.rules.QueryLanguages;
import io.trilith.rules.RuleGroup;
import io.trilith.rules.RuleSample;
import io.trilith.rules.file.RuleFileReader;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.testing.Seeds;
import io.trilith.tsdb.SampleBuffer;
import io.trilith.tsdb.SeriesSet;
import io.trilith.tsdb.StaleMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The course of alerts over random data, beside one that looks at all of the past each time. */
class AlertCourseModelTest {
  private static final QueryLanguages LANGUAGES = new QueryLanguages(100);

  /** What an alert of one series is after each step, by definition. */
  private static Alert.State naive(boolean[] holds, int step, int wait, int keep) {
    // Walks the past anew: no state is handed over from step to step.
    int since = -1;
    boolean firing = false;
    int quiet = -1;
    for (int i = 0; i <= step; i++) {
      if (holds[i]) {
        since = since < 0 ? i : since;
        quiet = -1;
        firing |= i - since >= wait;
      } else if (firing) {
        quiet = quiet < 0 ? i : quiet;
        if (i - quiet >= keep) {
          firing = false;
          since = -1;
          quiet = -1;
        }
      } else {
        since = -1;
      }
    }
    return firing ? Alert.State.FIRING : since < 0 ? Alert.State.INACTIVE : Alert.State.PENDING;
  }

  @Test
  void isAsAlookAtAllOfThePastSays() throws InterruptedException {
    SplittableRandom random = Seeds.random("AlertCourseModelTest");
    for (int round = 0; round < Seeds.iterations(60); round++) {
      run(random);
    }
  }

  private static void run(SplittableRandom random) throws InterruptedException {
    int wait = random.nextInt(4);
    int keep = random.nextInt(4);
    int series = 1 + random.nextInt(3);
    int steps = 40;
    boolean[][] holds = new boolean[series][steps];
    for (boolean[] one : holds) {
      for (int i = 0; i < steps; i++) {
        one[i] = random.nextInt(3) > 0;
      }
    }
    String yaml =
        String.format(
            Locale.ROOT,
            "groups: [{name: g, rules: [{record: r, expr: x > 0},"
                + " {alert: A, expr: r, for: %ds, keep_firing_for: %ds}]}]",
            wait,
            keep);
    RuleFileReader.Content content = new RuleFileReader(LANGUAGES).file("f", yaml, false);
    assertThat(content.problems()).isEmpty();
    RuleGroup group = content.groups().getFirst();
    MemorySeries store = new MemorySeries();
    int[] step = new int[1];
    SteppedGroup stepped =
        new SteppedGroup(
            group,
            (query, millis, open) -> values(query.text(), holds, step[0], open),
            LANGUAGES,
            Map.of(),
            "");
    for (step[0] = 0; step[0] < steps; step[0]++) {
      assertThat(stepped.step(step[0] * 1000L, store)).isEmpty();
      for (int i = 0; i < series; i++) {
        Alert.State expected = naive(holds[i], step[0], wait, keep);
        assertThat(state(stepped, i)).as("series %s step %s", i, step[0]).isEqualTo(expected);
        assertThat(present(store, "ALERTS", i, step[0]))
            .isEqualTo(expected != Alert.State.INACTIVE);
        assertThat(present(store, "r", i, step[0])).isEqualTo(holds[i][step[0]]);
      }
    }
  }

  private static List<RuleSample> values(
      String text, boolean[][] holds, int step, MemorySeries open) {
    List<RuleSample> samples = new ArrayList<>();
    if (text.equals("r")) {
      open.forEach(
          (labels, _, value, _) -> {
            if (labels.get(Labels.NAME).equals("r")) {
              samples.add(new RuleSample(labels, value));
            }
          });
      return samples;
    }
    for (int i = 0; i < holds.length; i++) {
      if (holds[i][step]) {
        samples.add(new RuleSample(Labels.of(Labels.NAME, "x", "i", "" + i), 1));
      }
    }
    return samples;
  }

  private static Alert.State state(SteppedGroup group, int series) {
    return group.alerts("A").stream()
        .filter(alert -> alert.labels().get("i").equals("" + series))
        .map(Alert::state)
        .findFirst()
        .orElse(Alert.State.INACTIVE);
  }

  /** Whether the last sample at a step is a value and no marker, in any of the series. */
  private static boolean present(MemorySeries store, String name, int series, int step) {
    SeriesSet found =
        store.select(
            List.of(Matcher.equal(Labels.NAME, name), Matcher.equal("i", "" + series)),
            0,
            step * 1000L);
    SampleBuffer samples = new SampleBuffer();
    boolean present = false;
    for (int i = 0; i < found.size(); i++) {
      found.read(i, 0, step * 1000L, samples);
      int last = samples.size() - 1;
      present |=
          samples.timestamps()[last] == step * 1000L && !StaleMarker.is(samples.values()[last]);
      if (samples.timestamps()[last] < step * 1000L) {
        // What is not written any more ended with a marker.
        assertThat(StaleMarker.is(samples.values()[last])).isTrue();
      }
    }
    return present;
  }
}
