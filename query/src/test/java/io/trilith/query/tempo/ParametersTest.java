package io.trilith.query.tempo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trilith.storage.error.InvalidRequestException;
import io.trilith.traceql.ast.Pipeline;
import io.trilith.traceql.ast.Printer;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ParametersTest {
  @Test
  void readsTimesOfEveryForm() {
    assertThat(Parameters.time("start", "1700000000")).isEqualTo(1_700_000_000_000_000_000L);
    assertThat(Parameters.time("start", "1700000000.5")).isEqualTo(1_700_000_000_500_000_000L);
    assertThat(Parameters.time("start", "1700000000000000001"))
        .isEqualTo(1_700_000_000_000_000_001L);
    assertThat(Parameters.time("start", "2023-11-14T22:13:20Z"))
        .isEqualTo(1_700_000_000_000_000_000L);
    for (String wrong :
        List.of("x", "1e999999999", "", "--1", "99999999999999999999", "2023-11-14")) {
      assertThatThrownBy(() -> Parameters.time("start", wrong))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("start");
    }
  }

  @Test
  void choosesRoundSteps() {
    long second = 1_000_000_000L;
    assertThat(MetricsApi.defaultStep(3600 * second)).isEqualTo(15 * second);
    assertThat(MetricsApi.defaultStep(6 * 3600 * second)).isEqualTo(60 * second);
    assertThat(MetricsApi.defaultStep(24 * 3600 * second)).isEqualTo(300 * second);
    assertThat(MetricsApi.defaultStep(30 * second)).isEqualTo(150_000_000L);
  }

  private static String usable(String query) {
    Pipeline pipeline = TagQuery.filter(query);
    if (pipeline == null) {
      return "";
    }
    Pipeline.Filter filter = (Pipeline.Filter) pipeline.stages().getFirst();
    return Printer.print(Objects.requireNonNull(filter.condition()));
  }

  @Test
  void usesWhatIsCompleteOfAnIncompleteQuery() {
    assertThat(usable("{ span.a = `x` && resource.b = }")).isEqualTo("span.a = \"x\"");
    assertThat(usable("{ span.a = \"}&&\" && status = error && ")).contains("status = error");
    assertThat(usable("{ resource.b = }")).isEmpty();
    assertThat(usable("{ .a = 1 || .b = }")).isEmpty();
    assertThat(usable("nonsense")).isEmpty();
    assertThat(usable("")).isEmpty();
  }

  @Test
  void writesStrictJson() {
    JsonText out = new JsonText();
    out.open('{').field("a\"\u0001", "b\\\n").key("n").open('[').number(1.5).long64(-1);
    out.number(Double.NaN).close(']').key("t").bool(true).close('}');
    assertThat(out.toString())
        .isEqualTo("{\"a\\\"\\u0001\":\"b\\\\\\n\",\"n\":[1.5,\"-1\",\"NaN\"],\"t\":true}");
  }
}
