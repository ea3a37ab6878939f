package io.trilith.logql.pipeline;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.RegexText;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The parsers that make labels of named captures. */
final class CaptureSteps {
  private CaptureSteps() {}

  static Step regexp(String text, Needed needed) {
    Regex regex = RegexText.compile(text);
    Pattern pattern = RegexText.captures(regex);
    Map<String, Integer> groups = pattern.namedGroups();
    if (groups.isEmpty()) {
      throw new InvalidRequestException(
          "parse error : at least one named capture must be supplied");
    }
    List<Map.Entry<String, Integer>> ordered = List.copyOf(groups.entrySet());
    LabelSink sink = new LabelSink(needed);
    return entry -> {
      // Most lines of a stream with other lines end here, at a tenth of the cost.
      if (!RegexText.contains(regex, entry.array(), entry.start(), entry.end())) {
        return true;
      }
      Matcher matcher = pattern.matcher(entry.text());
      if (!matcher.find()) {
        return true;
      }
      sink.begin(entry.labels());
      for (Map.Entry<String, Integer> group : ordered) {
        String name = sink.wanted(LabelSink.sanitize(group.getKey(), true));
        if (!name.isEmpty()) {
          String value = matcher.group(group.getValue());
          sink.put(name, value == null ? "" : value);
        }
      }
      return true;
    };
  }

  static Step pattern(String text, Needed needed) {
    LinePattern pattern = LinePattern.captures(text);
    LabelSink sink = new LabelSink(needed);
    return entry -> {
      sink.begin(entry.labels());
      pattern.capture(
          entry.array(),
          entry.start(),
          entry.end(),
          (key, value) -> {
            String name = sink.wanted(key);
            if (!name.isEmpty()) {
              sink.put(name, value);
            }
          });
      return true;
    };
  }

  /** Whether a byte is one of the characters. */
  static boolean in(String characters, byte b) {
    return b > 0 && characters.indexOf(b) >= 0;
  }

  /** Takes ANSI escape sequences out of lines. */
  static boolean decolorize(Entry entry) {
    byte[] line = entry.array();
    int first = entry.start();
    while (first < entry.end() && line[first] != 0x1b) {
      first++;
    }
    if (first == entry.end()) {
      return true;
    }
    byte[] kept = new byte[entry.length()];
    int size = 0;
    int at = entry.start();
    while (at < entry.end()) {
      if (line[at] != 0x1b) {
        kept[size++] = line[at++];
        continue;
      }
      int stop = at + 1;
      while (stop < entry.end() && in("[]()#;?", line[stop])) {
        stop++;
      }
      while (stop < entry.end() && in("0123456789;", line[stop])) {
        stop++;
      }
      boolean complete =
          stop < entry.end() && in("ABCDEFGHIJKLMNOPRZcfghijklmntqry=><~\u0007", line[stop]);
      if (complete) {
        at = stop + 1;
      } else {
        kept[size++] = line[at++];
      }
    }
    entry.replaceLine(Arrays.copyOf(kept, size));
    return true;
  }
}
