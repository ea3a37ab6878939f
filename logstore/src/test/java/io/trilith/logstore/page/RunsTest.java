package io.trilith.logstore.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunsTest {
  @Test
  void eightBytesAtOnceAreOfARunWhereEachIs() {
    for (int other : new int[] {0, ' ', 'a', '_', 0x7f, 0x80, 0xff}) {
      for (int c = 0; c < 256; c++) {
        for (int place = 0; place < 8; place++) {
          byte[] bytes = new byte[8];
          java.util.Arrays.fill(bytes, (byte) other);
          bytes[place] = (byte) c;
          long expected = 0;
          for (int i = 0; i < 8; i++) {
            expected |= Runs.isRun(bytes[i]) ? 1L << i : 0;
          }
          assertThat(Runs.runBits(bytes, 0)).as("%d among %d", c, other).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aShortRunHasTheSameHashWhateverStandsBehindIt() {
    byte[] alone = {'a', 'b', 'c'};
    byte[] among = {'x', 'a', 'b', 'c', ' ', 'd', 'e', 'f', 'g', 'h', 'i'};
    assertThat(Runs.hash(among, 1, 4)).isEqualTo(Runs.hash(alone, 0, 3));
  }
}
