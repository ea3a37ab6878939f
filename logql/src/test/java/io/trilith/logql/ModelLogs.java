package io.trilith.logql;

import io.trilith.storage.model.Labels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/** Random entries, and stages that have to do with them. */
final class ModelLogs {
  static final long SECOND = 1_000_000_000L;
  static final long START = 1_795_000_000L * SECOND;
  static final int SECONDS = 3600;
  static final List<String> KINDS = List.of("json", "logfmt", "text");
  static final List<String> FIELDS = List.of("level", "code", "took", "size", "user", "msg", "app");

  private static final List<String> NASTY =
      List.of("\u001b[31mred\u001b[0m", "é\ud83d\ude00", "nul\0", "tab\t.", "a.b*c", "", "\r", "x");

  private final SplittableRandom random;

  ModelLogs(SplittableRandom random) {
    this.random = random;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean oneIn(int bound) {
    return random.nextInt(bound) == 0;
  }

  <T> T any(List<T> texts) {
    return texts.get(random.nextInt(texts.size()));
  }

  String of(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  /** Entries whose times are all different; some are there twice. */
  List<ModelEntry.Sent> entries(int count) {
    List<Labels> streams = new ArrayList<>();
    for (String kind : KINDS) {
      for (int i = 0; i < 3; i++) {
        streams.add(Labels.of("app", "a" + i, "env", of("prod", "dev"), "kind", kind));
      }
    }
    List<ModelEntry.Sent> entries = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      places.add(i);
    }
    for (int i = count - 1; i > 0; i--) {
      Collections.swap(places, i, random.nextInt(i + 1));
    }
    long apart = SECONDS * SECOND / count;
    for (int place : places) {
      Labels stream = any(streams);
      long time = START + place * apart + (oneIn(2) ? 0 : random.nextLong(apart));
      ModelEntry.Sent sent =
          new ModelEntry.Sent(stream, time, line(stream.get("kind")), metadata());
      entries.add(sent);
      if (oneIn(20)) {
        entries.add(sent);
      }
    }
    return entries;
  }

  private Labels metadata() {
    Labels.Builder labels = new Labels.Builder();
    if (oneIn(2)) {
      labels.set("trace", Integer.toHexString(random.nextInt(40)));
    }
    if (oneIn(3)) {
      labels.set("user", of("u1", "u2", "é"));
    }
    return labels.build();
  }

  private String value(String field) {
    return switch (field) {
      case "level" -> of("info", "warn", "error");
      case "code" -> of("200", "404", "500", "n/a", "7");
      case "took" -> of("5ms", "12ms", "1s", "2.5s", "soon");
      case "size" -> of("10B", "2kB", "1KiB", "512", "big");
      case "user" -> of("u1", "u2", "u3");
      case "app" -> of("a0", "inner");
      default -> of("done", "not done", "time out", "user u1 left", "é");
    };
  }

  private String line(String kind) {
    if (oneIn(25)) {
      return kind.equals("logfmt") ? "plain words only" : any(NASTY).replace("\"", "");
    }
    return switch (kind) {
      case "json" -> json();
      case "logfmt" -> logfmt();
      default ->
          of("GET", "POST", "error:", "user")
              + " "
              + of("/a", "/b/c", "u1")
              + " "
              + value("msg")
              + of("", " took " + random.nextInt(50), " " + any(NASTY));
    };
  }

  private String json() {
    StringBuilder line = new StringBuilder("{");
    for (String field : FIELDS) {
      if (!oneIn(3)) {
        line.append(line.length() == 1 ? "" : ",").append('"').append(field).append("\":");
        String value = value(field);
        boolean bare = value.matches("[0-9]+") && oneIn(2);
        line.append(bare ? value : "\"" + value + "\"");
      }
    }
    line.append(line.length() == 1 ? "" : ",");
    return line + "\"http\":{\"code\":" + value("code").replace("n/a", "null") + "}}";
  }

  private String logfmt() {
    StringBuilder line = new StringBuilder();
    for (String field : FIELDS) {
      if (!oneIn(3)) {
        String value = value(field);
        boolean quote = value.indexOf(' ') >= 0 || oneIn(4);
        line.append(line.isEmpty() ? "" : " ").append(field).append('=');
        line.append(quote ? "\"" + value + "\"" : value);
      }
    }
    return line.isEmpty() ? "msg=" : line.toString();
  }

  private String needle() {
    return of(
        "error", "u1", "done", "GET", "404", "é", "a.b", "\"", "took", "", "zzz", "\0", "time");
  }

  private List<String> chain(String first, String second) {
    return oneIn(3) ? List.of(first, second) : List.of(first);
  }

  private String regex() {
    return of(
        "err(or)?",
        "u[12]",
        "(?i)GET",
        "^user",
        "took \\d+$",
        "a.b",
        "\\\\d{3}".substring(1),
        "done|out",
        "time.?out",
        "[^a-z]x?",
        ".+");
  }

  ModelStage lineFilter() {
    return switch (random.nextInt(4)) {
      case 0 -> ModelStage.matches(!oneIn(3), chain(regex(), regex()));
      case 1 ->
          ModelStage.shape(
              !oneIn(3),
              chain(of("GET", "user", "/a", "level", " ", "done"), of("u1", " ", "took", "}")),
              oneIn(2),
              !oneIn(3));
      default -> ModelStage.contains(!oneIn(3), chain(needle(), needle()));
    };
  }

  ModelStage parser(String kind) {
    return switch (kind) {
      case "json" ->
          oneIn(4)
              ? ModelStage.jsonField(of("user", "x", "level"), any(FIELDS))
              : ModelStage.json();
      case "logfmt" -> ModelStage.logfmt();
      default ->
          oneIn(2)
              ? ModelStage.pattern("verb", of(" ", " took "), of("rest", "code"))
              : ModelStage.regexp(
                  of("took ", "u", "(?:GET|user) "), "code", of("[0-9]+", "[a-z]*"));
    };
  }

  ModelFilter filter() {
    List<ModelFilter> terms = new ArrayList<>(List.of(simple()));
    List<String> words = new ArrayList<>();
    while (oneIn(3) || (!words.isEmpty() && oneIn(2))) {
      terms.add(oneIn(4) ? simple().or(simple()).grouped() : simple());
      words.add(oneIn(2) ? " or " : of(" and ", ", ", " "));
    }
    return joined(terms, words);
  }

  /** "and" goes before "or"; a comma or blank takes all that follows before what is before it. */
  private static ModelFilter joined(List<ModelFilter> terms, List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      if (!words.get(i).equals(" and ") && !words.get(i).equals(" or ")) {
        List<ModelFilter> after = terms.subList(i + 1, terms.size());
        ModelFilter rest = joined(after, words.subList(i + 1, words.size()));
        List<ModelFilter> before = new ArrayList<>(terms.subList(0, i));
        before.add(terms.get(i).and(rest, words.get(i)));
        return joined(before, words.subList(0, i));
      }
    }
    int or = words.lastIndexOf(" or ");
    if (or >= 0) {
      ModelFilter left = joined(terms.subList(0, or + 1), words.subList(0, or));
      ModelFilter right =
          joined(terms.subList(or + 1, terms.size()), words.subList(or + 1, words.size()));
      return left.or(right);
    }
    ModelFilter all = terms.getFirst();
    for (ModelFilter next : terms.subList(1, terms.size())) {
      all = all.and(next, " and ");
    }
    return all;
  }

  private ModelFilter simple() {
    String name =
        of("level", "code", "user", "trace", "app", "app_extracted", "msg", "env", "none");
    return switch (random.nextInt(7)) {
      case 0 -> ModelFilter.number("code", of(">", ">=", "<", "<=", "==", "!="), 300, "");
      case 1 -> ModelFilter.number("took", of(">", ">=", "<", "<="), 12, "ms");
      case 2 -> ModelFilter.number("size", of(">", ">=", "<", "<="), 1000, "B");
      // Not u.*, which Loki takes for .*u.* there (LooseRegex).
      case 3 ->
          ModelFilter.regex(name, of("u[12]+.*", "err|error", ".*o.*", "a0|a1", ".*"), !oneIn(3));
      case 4 -> ModelFilter.equal(name, "", oneIn(2));
      default -> ModelFilter.equal(name, name.equals("code") ? "404" : value(name), !oneIn(3));
    };
  }

  /** Stages over streams of a kind; on demand with a parser that finds all fields. */
  List<ModelStage> pipeline(String kind, boolean parses) {
    List<ModelStage> stages = new ArrayList<>();
    while (oneIn(2)) {
      stages.add(lineFilter());
    }
    if (oneIn(12) && !parses) {
      stages.add(ModelStage.decolorize());
      return stages;
    }
    if (oneIn(4)) {
      stages.add(ModelStage.filter(filter()));
    }
    if (parses) {
      stages.add(kind.equals("json") ? ModelStage.json() : ModelStage.logfmt());
    } else if (!oneIn(4)) {
      stages.add(parser(kind));
    }
    while (oneIn(2)) {
      stages.add(oneIn(4) ? lineFilter() : ModelStage.filter(filter()));
    }
    while (oneIn(3)) {
      stages.add(
          switch (random.nextInt(7)) {
            case 0 -> ModelStage.lineFormat(any(FIELDS), of("-", "user ", ""));
            case 1 -> ModelStage.labelFormat(of("x", "level"), any(FIELDS));
            case 2 -> ModelStage.rename(of("y", "user"), of("level", "trace", "app"));
            case 3 -> ModelStage.drop(List.of(any(FIELDS), "trace"));
            case 4 -> ModelStage.dropEqual(of("level", "env"), of("error", "prod"));
            case 5 -> ModelStage.keep(List.of(any(FIELDS), "level", "env"));
            // A line filter behind drop a would be read as the matcher drop a != "b".
            default -> ModelStage.keep(List.of("msg", "code", "took", "size", "user"));
          });
    }
    if (oneIn(3)) {
      stages.add(ModelStage.filter(filter()));
    }
    return stages;
  }
}
