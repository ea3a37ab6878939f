package io.trilith.logql.pipeline;

import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.Stage;
import io.trilith.logstore.Scan;
import io.trilith.logstore.Scan.Term;
import io.trilith.logstore.Scan.Term.LineHas;
import io.trilith.logstore.Scan.Term.MetadataIs;
import io.trilith.logstore.ScanCounts;
import io.trilith.regex.Regex;
import io.trilith.regex.RegexFacts;
import io.trilith.storage.model.Labels;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.RegexText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What can be told of the entries a pipeline keeps before any is read, stream by stream: an entry
 * of which one of the clauses does not hold is dropped by the pipeline. Immutable, thread-safe.
 */
public final class ScanPlan {
  /** Shorter texts are nearly everywhere. */
  private static final int ANY_CASE_MIN = 3;

  private static final String SUFFIX = "_extracted";
  private static final String CONTAINS = "contains";
  private static final String LINE = "__line__";

  private final List<Part> parts;

  private ScanPlan(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** What one stage asks of the entries of a stream. */
  private interface Part {
    Clauses of(Labels stream);
  }

  public static ScanPlan of(List<Stage> stages) {
    return new Reading().read(Pipeline.filtersFirst(stages));
  }

  /** The hint for a stream; empty when the pipeline keeps none of its entries. */
  public Optional<Scan> scan(Labels stream, ScanCounts counts) {
    Clauses clauses = Clauses.TRUE;
    for (Part part : parts) {
      clauses = clauses.and(part.of(stream));
      if (clauses.isFalse()) {
        return Optional.empty();
      }
    }
    return Optional.of(new Scan(clauses.all(), counts));
  }

  /** Follows the stages as far as line and labels are still what is stored. */
  private static final class Reading {
    private final List<Part> parts = new ArrayList<>();
    private boolean lineStored = true;

    /** Whether labels of any name may have been found in the line. */
    private boolean anyLabel;

    private final Set<String> changed = new HashSet<>();

    /** Labels that are "true" when the stored line has a text. */
    private final Map<String, byte[]> tellsOfLine = new HashMap<>();

    ScanPlan read(List<Stage> stages) {
      for (Stage stage : stages) {
        read(stage);
      }
      return new ScanPlan(parts);
    }

    private void read(Stage stage) {
      switch (stage) {
        case Stage.LineFilter filter -> line(filter);
        case Stage.Filter(LabelFilter filter) -> {
          // The state as it is here is what counts.
          Part part = label(filter);
          parts.add(part);
        }
        case Stage.Json(List<Stage.Extraction> extractions) -> parsed(extractions);
        case Stage.Logfmt logfmt -> parsed(logfmt.extractions());
        case Stage.Regexp _, Stage.Pattern _ -> any();
        case Stage.Unpack _ -> {
          any();
          lineStored = false;
        }
        case Stage.LineFormat _, Stage.Decolorize _ -> lineStored = false;
        case Stage.LabelFormat format -> format(format);
        // What they leave is what was there.
        case Stage.Drop _, Stage.Keep _ -> {}
      }
    }

    private void any() {
      anyLabel = true;
      tellsOfLine.clear();
    }

    private void parsed(List<Stage.Extraction> extractions) {
      if (extractions.isEmpty()) {
        any();
      }
      for (Stage.Extraction extraction : extractions) {
        change(extraction.label());
        change(extraction.label() + SUFFIX);
      }
    }

    private void change(String name) {
      changed.add(name);
      tellsOfLine.remove(name);
    }

    private void format(Stage.LabelFormat format) {
      for (Stage.Assignment assignment : format.assignments()) {
        change(assignment.label());
        if (!assignment.template()) {
          change(assignment.source());
        } else if (lineStored) {
          byte[] literal = containedInLine(assignment.source());
          if (literal.length > 0) {
            tellsOfLine.put(assignment.label(), literal);
          }
        }
      }
    }

    private void line(Stage.LineFilter filter) {
      if (!lineStored || filter.op().negated()) {
        return;
      }
      Clauses clauses = Clauses.FALSE;
      for (Stage.Operand operand : filter.operands()) {
        clauses = clauses.or(operand(filter.op(), operand));
      }
      Clauses found = clauses;
      parts.add(_ -> found);
    }

    private Part label(LabelFilter filter) {
      return switch (filter) {
        case LabelFilter.Text(Matcher matcher) -> text(matcher);
        case LabelFilter.Quantity _, LabelFilter.Ip _ -> _ -> Clauses.TRUE;
        case LabelFilter.Chain chain -> {
          List<Part> links = new ArrayList<>();
          chain.parts().forEach(link -> links.add(label(link)));
          boolean or = chain.or();
          yield stream -> {
            Clauses clauses = links.getFirst().of(stream);
            for (int i = 1; i < links.size(); i++) {
              Clauses next = links.get(i).of(stream);
              clauses = or ? clauses.or(next) : clauses.and(next);
            }
            return clauses;
          };
        }
      };
    }

    private Part text(Matcher matcher) {
      String name = matcher.name();
      byte[] inLine = tellsOfLine.get(name);
      if (inLine != null && matcher.op() == Matcher.Op.EQUAL && matcher.value().equals("true")) {
        Clauses clauses = Clauses.anyOf(List.of(new LineHas(inLine)));
        return _ -> clauses;
      }
      // Errors and renamed clashes are no metadata; a parsed label may be meant.
      boolean known = !anyLabel && !changed.contains(name) && !name.startsWith("__error");
      if (!known) {
        return _ -> Clauses.TRUE;
      }
      Clauses inMetadata = metadata(matcher);
      String base = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : "";
      return stream -> {
        if (stream.has(name)) {
          return Clauses.TRUE;
        }
        return !base.isEmpty() && stream.has(base) ? Clauses.TRUE : inMetadata;
      };
    }
  }

  private static Clauses metadata(Matcher matcher) {
    List<String> values = List.of();
    if (matcher.op() == Matcher.Op.EQUAL) {
      values = List.of(matcher.value());
    } else if (matcher.op() == Matcher.Op.MATCH && LooseRegex.of(matcher.value()) == null) {
      Regex regex = matcher.regex();
      List<String> exact = regex == null ? null : regex.facts().exact();
      values = exact == null ? List.of() : exact;
    }
    if (values.isEmpty() || values.contains("")) {
      return Clauses.TRUE;
    }
    List<Term> terms = new ArrayList<>();
    values.forEach(value -> terms.add(new MetadataIs(matcher.name(), value)));
    return Clauses.anyOf(terms);
  }

  private static Clauses operand(Stage.LineOp op, Stage.Operand operand) {
    if (operand.ip()) {
      return Clauses.TRUE;
    }
    return switch (op) {
      case CONTAINS -> has(operand.text().getBytes(StandardCharsets.UTF_8));
      case MATCHES -> regex(RegexText.compile(operand.text()).facts());
      case PATTERN -> {
        Clauses clauses = Clauses.TRUE;
        for (byte[] literal : LinePattern.filter(operand.text()).literals()) {
          clauses = clauses.and(has(literal));
        }
        yield clauses;
      }
      case NOT_CONTAINS, NOT_MATCHES, NOT_PATTERN -> Clauses.TRUE;
    };
  }

  private static Clauses has(byte[] bytes) {
    return bytes.length == 0 ? Clauses.TRUE : Clauses.anyOf(List.of(new LineHas(bytes)));
  }

  private static Clauses regex(RegexFacts facts) {
    List<String> exact = facts.exact();
    if (exact != null && !exact.isEmpty() && !exact.contains("")) {
      List<Term> terms = new ArrayList<>();
      exact.forEach(text -> terms.add(new LineHas(text.getBytes(StandardCharsets.UTF_8))));
      Clauses any = Clauses.anyOf(terms);
      if (!any.all().isEmpty()) {
        return any;
      }
    }
    Clauses clauses = Clauses.TRUE;
    for (String required : facts.required()) {
      clauses = clauses.and(has(required.getBytes(StandardCharsets.UTF_8)));
    }
    String anyCase = facts.anyCase();
    boolean known = facts.required().stream().anyMatch(text -> text.length() >= anyCase.length());
    if (anyCase.length() >= ANY_CASE_MIN && !known) {
      byte[] bytes = anyCase.getBytes(StandardCharsets.US_ASCII);
      clauses = clauses.and(Clauses.anyOf(List.of(new Term.LineHasAnyCase(bytes))));
    }
    return clauses;
  }

  /**
   * The text of {@code {{ contains "text" __line__ }}}, which Grafana writes to find a trace's
   * lines; empty when the template is any other.
   */
  private static byte[] containedInLine(String template) {
    String text = template.strip();
    if (!text.startsWith("{{") || !text.endsWith("}}") || text.length() < 4) {
      return new byte[0];
    }
    String call = text.substring(2, text.length() - 2).strip();
    if (!call.startsWith(CONTAINS) || !call.endsWith(LINE)) {
      return new byte[0];
    }
    String quoted = call.substring(CONTAINS.length(), call.length() - LINE.length()).strip();
    boolean plain =
        quoted.length() > 2
            && quoted.charAt(0) == '"'
            && quoted.indexOf('"', 1) == quoted.length() - 1
            && quoted.indexOf('\\') < 0
            && quoted.chars().allMatch(c -> c >= ' ' && c <= '~');
    return plain
        ? quoted.substring(1, quoted.length() - 1).getBytes(StandardCharsets.UTF_8)
        : new byte[0];
  }
}
