package io.trilith.logstore.page;

import io.trilith.storage.model.Labels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.SplittableRandom;

/** Lines of every kind that a page must give back as it got them; bytes as ISO 8859-1. */
final class NastyLines {
  static final long TIME = 1_795_197_600_000_000_000L;

  private final SplittableRandom random;
  private final int kind;

  NastyLines(SplittableRandom random) {
    this.random = random;
    this.kind = random.nextInt(12);
  }

  static long later(SplittableRandom random, long time) {
    long step =
        switch (random.nextInt(6)) {
          case 0 -> 0;
          case 1 -> random.nextInt(1000);
          case 2 -> random.nextLong(1L << 40);
          default -> random.nextInt(5000) * 1_000_000L;
        };
    return time + step < time ? time : time + step;
  }

  String next(long time) {
    // Mostly of one kind, as a stream is.
    int of = random.nextInt(5) == 0 ? random.nextInt(14) : kind;
    return switch (of) {
      case 0 -> json(time);
      case 1 -> logfmt(time);
      case 2 -> access();
      case 3 -> numbers();
      case 4 -> bytes(random.nextInt(60));
      case 5 ->
          utf8("emoji \ud83d\ude00 \u00fcber " + random.nextInt(100) + " \u4e2d\u6587" + id(3));
      case 6 -> "\u001b[3" + random.nextInt(8) + "mERROR\u001b[0m x" + id(2) + "\r\n";
      case 7 -> words();
      case 8 -> time(time);
      case 9 ->
          "I1120 18:00:"
              + random.nextInt(60)
              + ".4943"
              + random.nextInt(100)
              + " a.go:"
              + random.nextInt(3)
              + "] \"x \\\""
              + id(4)
              + "\\\" y/z\" pod=\"a/"
              + id(5)
              + "\"";
      case 10 ->
          random.nextBoolean()
              ? "c=" + id(64) + pick("", " z")
              : id(8) + "-" + id(4) + "-" + id(4) + "-" + id(4) + "-" + id(12);
      case 11 -> "";
      case 12 -> random.nextInt(40) == 0 ? "y 1 ".repeat(random.nextInt(66_000)) : "z";
      default -> "nul \0 " + random.nextInt(10) + "\0";
    };
  }

  private String id(int digits) {
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < digits; i++) {
      id.append("0123456789abcdef".charAt(random.nextInt(16)));
    }
    return id.toString();
  }

  private String json(long time) {
    return "{\"level\":\""
        + pick("info", "warn", "error")
        + "\",\"time\":"
        + time / 1_000_000
        + ",\"id\":\""
        + id(32)
        + "\",\"tenant\":\"t-"
        + random.nextInt(100)
        + "\",\"ms\":"
        + random.nextInt(1000)
        + "."
        + random.nextInt(10)
        + random.nextInt(10)
        + ",\"ok\":"
        + pick("true", "false", "null")
        + ",\"msg\":\""
        + pick("request done", "a b " + id(3))
        + "\"}";
  }

  private String logfmt(long time) {
    return "ts="
        + Instant.ofEpochSecond(0, time)
        + " level="
        + pick("info", "debug")
        + " caller="
        + pick("a.go", "store-x.go")
        + ":"
        + random.nextInt(300)
        + " trace="
        + id(32)
        + " order=ord-"
        + id(12)
        + " d="
        + random.nextInt(100)
        + "."
        + id(1)
        + random.nextInt(10)
        + pick("ms", "s", "ns", "minutes")
        + " msg=\""
        + pick("slow batch", "ok", "")
        + "\"";
  }

  private String access() {
    return random.nextInt(300)
        + "."
        + random.nextInt(256)
        + "."
        + random.nextInt(3)
        + "."
        + random.nextInt(256)
        + " - - [20/Nov/2026:18:0"
        + random.nextInt(10)
        + "] \""
        + pick("GET", "POST")
        + " /api/v1/x/"
        + random.nextInt(1000)
        + "?page="
        + random.nextInt(9)
        + " HTTP/1.1\" 200 "
        + random.nextInt(60_000)
        + " \"-\" rt=0.0"
        + id(2);
  }

  private String numbers() {
    return pick(
            "" + random.nextLong(),
            "00" + random.nextInt(100),
            "1." + random.nextInt(100),
            "1.2.3.4.5",
            "." + random.nextInt(9),
            "" + random.nextInt(20))
        + pick("", "ms", " ", "_a", "-")
        + pick(
            "2026-13-45T99:99:99", "2026-02-30 10:00:00", "999999999999999999", "0", "-0", "1..2");
  }

  private String time(long time) {
    String text = Instant.ofEpochSecond(0, time).toString();
    return pick(text, text.replace('T', ' ').replace('.', ','))
        + pick("", " x", "Zulu", "+00:00")
        + " "
        + pick("added", "faced", "cafebabe", "deadbeef");
  }

  private String words() {
    StringBuilder line = new StringBuilder();
    for (int n = random.nextInt(8); n > 0; n--) {
      line.append(pick("alpha", "beta", "gamma", "DELTA", "x", "AppleWebKit"))
          .append(pick(" ", "  ", "/", ": "));
    }
    return line.toString();
  }

  private String bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  /** Sometimes an id of the line, sometimes something else, sometimes nothing. */
  Labels metadata(String line) {
    int at = line.indexOf("trace=");
    return switch (random.nextInt(4)) {
      case 0 -> Labels.EMPTY;
      case 1 -> Labels.of("trace_id", at < 0 ? id(32) : line.substring(at + 6, at + 38));
      case 2 -> Labels.of("trace_id", id(32), "user", "u-" + random.nextInt(50));
      default ->
          Labels.of(
              "user",
              "u-" + random.nextInt(5),
              "\u00fc",
              pick("1.5", "x y", "2026-11-20T18:00:00"));
    };
  }
}
