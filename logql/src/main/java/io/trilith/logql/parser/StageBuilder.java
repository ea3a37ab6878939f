package io.trilith.logql.parser;

import io.trilith.logql.ast.Comparison;
import io.trilith.logql.ast.Expr.Logs;
import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.LabelFilter.Unit;
import io.trilith.logql.ast.Stage;
import io.trilith.logql.ast.Stage.Choice;
import io.trilith.logql.ast.Stage.Extraction;
import io.trilith.logql.ast.Stage.LineOp;
import io.trilith.regex.Regex;
import io.trilith.storage.error.InvalidRequestException;
import io.trilith.storage.model.Matcher;
import io.trilith.storage.text.Conversions;
import io.trilith.storage.text.RegexText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/** Makes selectors and stages from ANTLR's tree. Confined to one thread. */
final class StageBuilder {
  Logs logs(LogqlParser.SelectorContext selector, List<LogqlParser.StageContext> contexts) {
    LogqlParser.SelectorContext inner = selector;
    while (inner.selector() != null) {
      inner = inner.selector();
    }
    List<Matcher> matchers = new ArrayList<>();
    for (LogqlParser.MatcherContext matcher : inner.matcher()) {
      String name = matcher.labelName().getText();
      matchers.add(matcher(name, matcher.op, string(matcher.STRING()), true));
    }
    List<Stage> stages = new ArrayList<>(contexts.size());
    for (LogqlParser.StageContext context : contexts) {
      stages.add(stage(context));
    }
    Logs logs = new Logs(matchers, stages);
    LogqlChecks.check(logs);
    return logs;
  }

  String string(TerminalNode node) {
    try {
      return LogqlText.unquote(node.getText());
    } catch (InvalidRequestException e) {
      throw QueryParser.error(node.getSymbol(), String.valueOf(e.getMessage()));
    }
  }

  List<String> names(LogqlParser.NamesContext context) {
    List<String> names = new ArrayList<>();
    for (LogqlParser.LabelNameContext name : context.labelName()) {
      names.add(name.getText());
    }
    return names;
  }

  /**
   * A matcher.
   *
   * @param dotAll whether {@code .} matches a newline: in selectors it does, in filters it does not
   */
  private static Matcher matcher(String name, Token op, String value, boolean dotAll) {
    Matcher.Op kind =
        switch (op.getType()) {
          case LogqlParser.ASSIGN -> Matcher.Op.EQUAL;
          case LogqlParser.NOT_EQUALS -> Matcher.Op.NOT_EQUAL;
          case LogqlParser.MATCHES -> Matcher.Op.MATCH;
          default -> Matcher.Op.NOT_MATCH;
        };
    if (kind == Matcher.Op.MATCH || kind == Matcher.Op.NOT_MATCH) {
      Regex _ = RegexText.compile(value, dotAll);
    }
    return Matcher.of(name, kind, value, dotAll);
  }

  private Stage stage(LogqlParser.StageContext context) {
    return switch (context) {
      case LogqlParser.LineFilterContext c -> lineFilter(c);
      case LogqlParser.JsonContext c -> new Stage.Json(extractions(c.extractions()));
      case LogqlParser.LogfmtContext c -> logfmt(c);
      case LogqlParser.RegexpContext c -> new Stage.Regexp(string(c.STRING()));
      case LogqlParser.PatternContext c -> new Stage.Pattern(string(c.STRING()));
      case LogqlParser.UnpackContext _ -> new Stage.Unpack();
      case LogqlParser.LineFormatContext c -> new Stage.LineFormat(string(c.STRING()));
      case LogqlParser.LabelFormatContext c -> labelFormat(c);
      case LogqlParser.DecolorizeContext _ -> new Stage.Decolorize();
      case LogqlParser.DropContext c -> new Stage.Drop(choices(c.choice()));
      case LogqlParser.KeepContext c -> new Stage.Keep(choices(c.choice()));
      case LogqlParser.FilterContext c -> new Stage.Filter(labelFilter(c.labelFilter()));
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }

  private Stage lineFilter(LogqlParser.LineFilterContext context) {
    LineOp op =
        switch (context.op.getType()) {
          case LogqlParser.PIPE_EXACT -> LineOp.CONTAINS;
          case LogqlParser.NOT_EQUALS -> LineOp.NOT_CONTAINS;
          case LogqlParser.PIPE_MATCH -> LineOp.MATCHES;
          case LogqlParser.NOT_MATCHES -> LineOp.NOT_MATCHES;
          case LogqlParser.PIPE_PATTERN -> LineOp.PATTERN;
          default -> LineOp.NOT_PATTERN;
        };
    List<Stage.Operand> operands = new ArrayList<>();
    for (LogqlParser.LineOperandContext operand : context.lineOperand()) {
      boolean ip = operand.IP() != null;
      if (ip && op != LineOp.CONTAINS && op != LineOp.NOT_CONTAINS) {
        throw QueryParser.error(
            operand.getStart(), "ip: invalid operation " + op.text() + ", expecting |= or !=");
      }
      operands.add(new Stage.Operand(string(operand.STRING()), ip));
    }
    return new Stage.LineFilter(op, operands);
  }

  private List<Extraction> extractions(LogqlParser.@Nullable ExtractionsContext context) {
    List<Extraction> found = new ArrayList<>();
    if (context != null) {
      for (LogqlParser.ExtractionContext extraction : context.extraction()) {
        String label = extraction.labelName().getText();
        TerminalNode source = extraction.STRING();
        found.add(new Extraction(label, source == null ? label : string(source)));
      }
    }
    return found;
  }

  private Stage logfmt(LogqlParser.LogfmtContext context) {
    boolean strict = false;
    boolean keepEmpty = false;
    for (TerminalNode flag : context.FLAG()) {
      switch (flag.getText()) {
        case "--strict" -> strict = true;
        case "--keep-empty" -> keepEmpty = true;
        default ->
            throw QueryParser.error(flag.getSymbol(), "unknown parser flag " + flag.getText());
      }
    }
    return new Stage.Logfmt(strict, keepEmpty, extractions(context.extractions()));
  }

  private Stage labelFormat(LogqlParser.LabelFormatContext context) {
    List<Stage.Assignment> assignments = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (LogqlParser.AssignmentContext assignment : context.assignment()) {
      String label = assignment.labelName(0).getText();
      if (label.equals("__error__")) {
        throw QueryParser.error(assignment.getStart(), label + " cannot be formatted");
      }
      if (!seen.add(label)) {
        throw QueryParser.error(
            assignment.getStart(),
            "multiple label name '" + label + "' not allowed in a single format operation");
      }
      TerminalNode template = assignment.STRING();
      assignments.add(
          template != null
              ? new Stage.Assignment(label, string(template), true)
              : new Stage.Assignment(label, assignment.labelName(1).getText(), false));
    }
    return new Stage.LabelFormat(assignments);
  }

  private List<Choice> choices(List<LogqlParser.ChoiceContext> contexts) {
    List<Choice> choices = new ArrayList<>();
    for (LogqlParser.ChoiceContext context : contexts) {
      String label = context.labelName().getText();
      choices.add(
          new Choice(
              label,
              context.op == null
                  ? null
                  : matcher(label, context.op, string(context.STRING()), false)));
    }
    return choices;
  }

  /** What joins two label filters. */
  private enum Joint {
    AND,
    OR,
    /** A comma or a blank: an "and" that takes all that follows it before what is left of it. */
    THEN
  }

  LabelFilter labelFilter(LogqlParser.LabelFilterContext context) {
    Deque<LabelFilter> groups = new ArrayDeque<>();
    Deque<Joint> joints = new ArrayDeque<>();
    List<LogqlParser.LabelFilterPartContext> parts = context.labelFilterPart();
    groups.push(part(parts.getFirst()));
    for (int i = 1; i < parts.size(); i++) {
      Joint joint = joint(context.link(i - 1));
      while (!joints.isEmpty() && joinsFirst(joints.peek(), joint)) {
        join(groups, joints.pop());
      }
      groups.push(part(parts.get(i)));
      joints.push(joint);
    }
    while (!joints.isEmpty()) {
      join(groups, joints.pop());
    }
    return groups.pop();
  }

  private static Joint joint(LogqlParser.LinkContext link) {
    if (link.OR() != null) {
      return Joint.OR;
    }
    return link.AND() != null ? Joint.AND : Joint.THEN;
  }

  /** Whether what a joint joins is complete before the next one: "and" before "or", left first. */
  private static boolean joinsFirst(Joint left, Joint next) {
    return switch (left) {
      case AND -> next != Joint.THEN;
      case OR -> next == Joint.OR;
      case THEN -> false;
    };
  }

  private static void join(Deque<LabelFilter> groups, Joint joint) {
    LabelFilter right = groups.pop();
    LabelFilter left = groups.pop();
    boolean or = joint == Joint.OR;
    List<LabelFilter> parts = new ArrayList<>();
    // A long row of one kind is one filter: nothing recurses over it.
    add(left, or, parts);
    add(right, or, parts);
    groups.push(new LabelFilter.Chain(parts, or));
  }

  private static void add(LabelFilter filter, boolean or, List<LabelFilter> into) {
    if (filter instanceof LabelFilter.Chain chain && chain.or() == or) {
      into.addAll(chain.parts());
    } else {
      into.add(filter);
    }
  }

  private LabelFilter part(LogqlParser.LabelFilterPartContext context) {
    return switch (context) {
      case LogqlParser.NestedFilterContext c -> labelFilter(c.labelFilter());
      case LogqlParser.TextFilterContext c ->
          new LabelFilter.Text(matcher(c.labelName().getText(), c.op, string(c.STRING()), false));
      case LogqlParser.IpFilterContext c -> {
        boolean equal =
            c.op.getType() == LogqlParser.ASSIGN || c.op.getType() == LogqlParser.EQUALS;
        if (!equal && c.op.getType() != LogqlParser.NOT_EQUALS) {
          throw QueryParser.error(c.op, "syntax error: unexpected ip, expecting = or !=");
        }
        yield new LabelFilter.Ip(c.labelName().getText(), !equal, string(c.STRING()));
      }
      case LogqlParser.NumberFilterContext c -> number(c);
      default -> throw new IllegalStateException("unknown rule " + context.getClass());
    };
  }

  private static LabelFilter number(LogqlParser.NumberFilterContext context) {
    Comparison comparison =
        switch (context.op.getType()) {
          case LogqlParser.ASSIGN, LogqlParser.EQUALS -> Comparison.EQUAL;
          case LogqlParser.NOT_EQUALS -> Comparison.NOT_EQUAL;
          case LogqlParser.LESS -> Comparison.LESS;
          case LogqlParser.LESS_EQUALS -> Comparison.LESS_EQUAL;
          case LogqlParser.GREATER -> Comparison.GREATER;
          default -> Comparison.GREATER_EQUAL;
        };
    String text = context.literal().getText();
    Unit unit = Unit.NONE;
    double value;
    try {
      if (context.literal().DURATION() != null) {
        unit = Unit.DURATION;
        value = LogqlText.durationNanos(text);
      } else if (context.literal().BYTES() != null) {
        unit = Unit.BYTES;
        value = Conversions.bytes(text);
      } else {
        value = Conversions.number(text);
      }
    } catch (Conversions.Failure | InvalidRequestException e) {
      throw QueryParser.error(context.literal().getStart(), String.valueOf(e.getMessage()));
    }
    String sign = context.sign == null ? "" : context.sign.getText();
    boolean minus = sign.equals("-");
    return new LabelFilter.Quantity(
        context.labelName().getText(), comparison, unit, minus ? -value : value, sign + text);
  }
}
