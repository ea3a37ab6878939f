package io.trilith.regex;

import static org.assertj.core.api.Assertions.assertThat;

import io.trilith.testing.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LiteralSearchTest {
  private static String randomText(SplittableRandom random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append("aAbB@`{[1".charAt(random.nextInt(9)));
    }
    return text.toString();
  }

  @Test
  void findsTheFirstPlaceAsAStringDoesInEitherCaseOrTheSame() {
    SplittableRandom random = Seeds.random("findsTheFirstPlaceAsAStringDoesInEitherCaseOrTheSame");
    for (int round = 0; round < Seeds.iterations(20_000); round++) {
      String text = randomText(random, random.nextInt(60));
      String wanted = randomText(random, random.nextInt(1, 5));
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      int from = random.nextInt(text.length() + 1);
      LiteralSearch same = new LiteralSearch(wanted.getBytes(StandardCharsets.US_ASCII));
      assertThat(same.indexOf(bytes, from, bytes.length)).isEqualTo(text.indexOf(wanted, from));
      String lower = wanted.toLowerCase(Locale.ROOT);
      LiteralSearch either = LiteralSearch.anyCase(lower.getBytes(StandardCharsets.US_ASCII));
      assertThat(either.indexOf(bytes, from, bytes.length))
          .as("%s in %s", lower, text)
          .isEqualTo(text.toLowerCase(Locale.ROOT).indexOf(lower, from));
    }
  }
}
