package io.trilith.storage.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelIndexMatchersTest {
  @Test
  void manyValuesAreFoundAsIfMatchedOneByOne() {
    LabelIndex index = new LabelIndex();
    List<Labels> all = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String pod = (i % 2 == 0 ? "api-" : "wéb-\uD83D\uDE00") + i;
      all.add(i % 50 == 7 ? Labels.of("app", "x") : Labels.of("pod", pod));
      index.add(i, all.getLast());
      check(index, all, i % 100 == 99);
    }
    check(index, all, true);
  }

  private static void check(LabelIndex index, List<Labels> all, boolean now) {
    for (String regex :
        now ? List.of("api-.*", ".*7", "api-2|api-4|none", ".*", ".+") : List.<String>of()) {
      for (Matcher.Op op : List.of(Matcher.Op.MATCH, Matcher.Op.NOT_MATCH)) {
        Matcher matcher = Matcher.of("pod", op, regex);
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
          if (matcher.matches(all.get(i))) {
            expected.add(i);
          }
        }
        assertThat(index.find(List.of(matcher)).toArray())
            .as("%s", matcher)
            .containsExactly(expected.stream().mapToInt(Integer::intValue).toArray());
      }
    }
  }
}
