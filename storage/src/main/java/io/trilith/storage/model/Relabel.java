package io.trilith.storage.model;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.trilith.config.RelabelConfig;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.text.RegexText;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of labels, step by step, as Prometheus' {@code relabel_config} has it: expressions
 * are anchored, a label that is not there is an empty one, an empty result takes the label away.
 * Immutable, thread-safe.
 */
public final class Relabel {
  private final List<Step> steps;

  private record Step(RelabelConfig config, Pattern pattern) {}

  /**
   * Compiles the steps.
   *
   * @param key where they stand in a file, for the error
   * @throws InvalidRequestException naming the expression that is none
   */
  public Relabel(String key, List<RelabelConfig> configs) {
    List<Step> all = new ArrayList<>();
    for (RelabelConfig config : configs) {
      try {
        all.add(
            new Step(
                config, RegexText.captures(RegexText.compile("^(?s:" + config.regex() + ")$"))));
      } catch (InvalidRequestException e) {
        throw new InvalidRequestException(
            key + ": regex '" + config.regex() + "': " + e.getMessage(), e);
      }
    }
    steps = List.copyOf(all);
  }

  /** The labels after all steps; null when what has them is dropped. */
  public @Nullable Labels apply(Labels labels) {
    Labels current = labels;
    for (Step step : steps) {
      Labels next = apply(step, current);
      if (next == null) {
        return null;
      }
      current = next;
    }
    return current.isEmpty() ? null : current;
  }

  private static @Nullable Labels apply(Step step, Labels labels) {
    RelabelConfig config = step.config();
    List<String> parts = new ArrayList<>();
    config.sourceLabels().forEach(name -> parts.add(labels.get(name)));
    String value = String.join(config.separator(), parts);
    String target = config.targetLabel();
    return switch (config.action()) {
      case KEEP -> matches(step, value) ? labels : null;
      case DROP -> matches(step, value) ? null : labels;
      case KEEPEQUAL -> labels.get(target).equals(value) ? labels : null;
      case DROPEQUAL -> labels.get(target).equals(value) ? null : labels;
      case LOWERCASE -> set(labels, target, value.toLowerCase(Locale.ROOT));
      case UPPERCASE -> set(labels, target, value.toUpperCase(Locale.ROOT));
      case HASHMOD -> set(labels, target, Long.toString(hash(value, config.modulus())));
      case LABELDROP -> labels.filter(name -> !matches(step, name));
      case LABELKEEP -> labels.filter(name -> matches(step, name));
      case LABELMAP -> mapped(step, labels);
      case REPLACE -> {
        Matcher matcher = step.pattern().matcher(value);
        yield matcher.matches()
            ? set(labels, expand(matcher, target), expand(matcher, config.replacement()))
            : labels;
      }
    };
  }

  private static boolean matches(Step step, String value) {
    return step.pattern().matcher(value).matches();
  }

  private static Labels set(Labels labels, String name, String value) {
    return labels.toBuilder().set(name, value).build();
  }

  private static Labels mapped(Step step, Labels labels) {
    Labels.Builder mapped = labels.toBuilder();
    for (Map.Entry<String, String> label : labels.toMap().entrySet()) {
      Matcher matcher = step.pattern().matcher(label.getKey());
      if (matcher.matches()) {
        mapped.set(expand(matcher, step.config().replacement()), label.getValue());
      }
    }
    return mapped.build();
  }

  /** The template with {@code $1}, {@code ${1}} and {@code ${name}} replaced. */
  private static String expand(Matcher matcher, String template) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at++);
      if (c != '$' || at == template.length()) {
        out.append(c);
      } else if (template.charAt(at) == '$') {
        out.append('$');
        at++;
      } else {
        boolean braced = template.charAt(at) == '{';
        int from = braced ? at + 1 : at;
        int end = from;
        while (end < template.length()
            && (Character.isLetterOrDigit(template.charAt(end)) || template.charAt(end) == '_')) {
          end++;
        }
        out.append(group(matcher, template.substring(from, end)));
        at = braced ? Math.min(template.length(), end + 1) : end;
      }
    }
    return out.toString();
  }

  private static String group(Matcher matcher, String name) {
    boolean number = !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
    try {
      String found =
          number
              ? matcher.group(name.length() > 3 ? Integer.MAX_VALUE : digits(name))
              : matcher.group(name);
      return found == null ? "" : found;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return "";
    }
  }

  private static int digits(String name) {
    int value = 0;
    for (int i = 0; i < name.length(); i++) {
      value = value * 10 + (name.charAt(i) - '0');
    }
    return value;
  }

  /** The last eight bytes of the MD5, as in Prometheus. */
  private static long hash(String value, int modulus) {
    try {
      byte[] sum = MessageDigest.getInstance("MD5").digest(value.getBytes(StandardCharsets.UTF_8));
      long last = 0;
      for (int i = sum.length - Long.BYTES; i < sum.length; i++) {
        last = last << 8 | (sum[i] & 0xff);
      }
      return Long.remainderUnsigned(last, modulus);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
