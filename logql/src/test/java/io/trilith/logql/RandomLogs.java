package io.trilith.logql;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Entries and pipelines that are likely to have to do with each other. */
public final class RandomLogs {
  private static final String[] WORDS = {
    "error", "ok", "GET", "timeout", "a.b", "é", "x", "user", "10.0.0.1", "trace", "Error"
  };
  private static final String[] NAMES = {"user", "level", "app", "k", "user_extracted", "code"};
  private static final String[] VALUES = {"u1", "u2", "error", "a1", "7", "42", "x"};

  private final SplittableRandom random;

  public RandomLogs(SplittableRandom random) {
    this.random = random;
  }

  private String of(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  public Labels stream() {
    Labels.Builder labels = new Labels.Builder().set("app", of("a1", "a2"));
    for (String name : List.of("user", "level", "k")) {
      if (random.nextInt(4) == 0) {
        labels.set(name, of(VALUES));
      }
    }
    return labels.build();
  }

  public Labels metadata() {
    Labels.Builder labels = new Labels.Builder();
    for (String name : NAMES) {
      if (random.nextInt(3) == 0) {
        labels.set(name, of(VALUES));
      }
    }
    return labels.build();
  }

  public String line() {
    StringBuilder line = new StringBuilder();
    int count = random.nextInt(4);
    int kind = random.nextInt(3);
    for (int i = 0; i < count; i++) {
      line.append(
          switch (kind) {
            case 0 -> (i == 0 ? "\"" : ",\"") + of(NAMES) + "\":\"" + of(VALUES) + "\"";
            case 1 -> of(NAMES) + "=" + of(VALUES) + " ";
            default -> of(WORDS) + of(" ", "", "-");
          });
    }
    return switch (kind) {
      case 0 -> "{" + line + "}" + (random.nextInt(8) == 0 ? "" : " " + of(WORDS));
      case 1 -> line + of(WORDS);
      default -> line.toString();
    };
  }

  /** Stages as text, none at times. */
  public String pipeline(int most) {
    StringBuilder text = new StringBuilder();
    int count = random.nextInt(most + 1);
    for (int i = 0; i < count; i++) {
      text.append(' ').append(stage());
    }
    return text.toString();
  }

  private String stage() {
    return switch (random.nextInt(16)) {
      case 0, 1 -> of("|=", "!=", "|=") + quoted(of(WORDS)) + or();
      case 2 -> of("|~", "!~") + quoted(regex()) + or();
      case 3 -> "|> " + quoted(of("<_>", "") + of(WORDS) + of("<_>", ""));
      case 4 -> "| json";
      case 5 -> "| logfmt";
      case 6 -> of("| json ", "| logfmt ") + of(NAMES);
      case 7 -> "| regexp " + quoted("(?P<" + of("user", "k", "w") + ">[a-z]+\\\\d?)");
      case 8 -> "| pattern " + quoted("<" + of(NAMES) + "> <_>");
      case 9 -> "| line_format " + quoted(of("{{.user}} {{.level}}", "error {{__line__}}"));
      case 10 -> "| label_format " + of("user=level", "k=`{{.user}}`", "level=`error`");
      case 11 ->
          "| label_format t=`{{ contains \""
              + of("error", "GET")
              + "\" __line__ }}` | "
              + of("t=\"true\"", "t=\"true\" or user=\"u1\"");
      case 12 -> of("| drop ", "| keep ") + of(NAMES) + of("", ", level");
      default -> "| " + filter(2);
    };
  }

  private String or() {
    return random.nextInt(3) == 0 ? " or " + quoted(of(WORDS)) : "";
  }

  private String regex() {
    return of(
        "err(or)?", "a|b", "error|ok", "(?i)error", "^x", "t.me", "us[eo]r", ".*GET.*", "\\\\d+");
  }

  private String filter(int depth) {
    if (depth > 0 && random.nextInt(3) == 0) {
      String chain = filter(depth - 1) + of(" and ", " or ") + filter(depth - 1);
      return random.nextBoolean() ? "(" + chain + ")" : chain;
    }
    String name = of(NAMES);
    return switch (random.nextInt(6)) {
      case 0 ->
          name + of("=~", "!~") + quoted(of("u1|u2", "u.*", ".*", "error|", "(u1|7)", "u[12]"));
      case 1 -> name + of("=", "!=") + "\"\"";
      case 2 -> name + of(">", "<=", "==") + of("7", "10");
      case 3 -> name + "!=" + quoted(of(VALUES));
      default -> name + "=" + quoted(of(VALUES));
    };
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }

  /** Streams with entries of one minute's time. */
  MemoryStreams streams(int entries, long second) {
    MemoryStreams streams = new MemoryStreams();
    List<Labels> labels = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      labels.add(stream());
    }
    for (int i = 0; i < entries; i++) {
      Labels stream = labels.get(random.nextInt(labels.size()));
      streams.add(stream, random.nextLong(60) * second, line(), metadata());
    }
    return streams;
  }
}
