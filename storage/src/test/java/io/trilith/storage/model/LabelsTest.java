package io.trilith.storage.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LabelsTest {
  @Test
  void aBuilderOfFewOrManyLabelsIsASortedMap() {
    SplittableRandom random = Seeds.random("aBuilderOfFewOrManyLabelsIsASortedMap");
    for (int round = 0; round < Seeds.iterations(500); round++) {
      Map<String, String> model = new TreeMap<>();
      Labels.Builder builder = new Labels.Builder();
      int names = random.nextInt(1, 150);
      for (int n = random.nextInt(300); n > 0; n--) {
        String name = "n" + random.nextInt(names);
        String value = random.nextInt(5) == 0 ? "" : "v" + random.nextInt(10);
        builder.set(name, value);
        if (value.isEmpty()) {
          model.remove(name);
        } else {
          model.put(name, value);
        }
        assertThat(builder.get(name)).isEqualTo(model.get(name));
      }
      assertThat(builder.build().toMap()).isEqualTo(model);
      assertThat(builder.build().toBuilder().build()).isEqualTo(Labels.of(model));
    }
  }
}
