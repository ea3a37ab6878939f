package io.trilith.logql.pipeline;

import io.trilith.engine.template.Template;
import io.trilith.logql.ast.LabelFilter;
import io.trilith.logql.ast.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The compiled stages of a query. Confined to one thread. */
public final class Pipeline {
  private final Step[] steps;

  private Pipeline(List<Step> steps) {
    this.steps = steps.toArray(Step[]::new);
  }

  /** A pipeline whose labels are all wanted. Throws InvalidRequestException. */
  public static Pipeline compile(List<Stage> stages) {
    return compile(stages, Needed.ALL);
  }

  /** A pipeline of which only some labels are wanted; parsers look for no others. */
  public static Pipeline compile(List<Stage> stages, Needed wanted) {
    List<Stage> ordered = filtersFirst(stages);
    List<Step> steps = new ArrayList<>(ordered.size());
    Needed needed = wanted;
    int sound = 0;
    while (sound < ordered.size() && !mayFail(ordered.get(sound))) {
      sound++;
    }
    for (int i = ordered.size() - 1; i >= 0; i--) {
      Stage stage = ordered.get(i);
      boolean parsesNothing = parses(stage) && needed.nothing();
      if (!parsesNothing && !(i < sound && dropsNothing(stage, needed))) {
        steps.add(step(stage, needed));
      }
      needed = needed.plus(names(stage));
      if (readsAll(stage)) {
        needed = Needed.ALL;
      }
    }
    return new Pipeline(steps.reversed());
  }

  /** Filters of label values, as they may follow an unwrap. */
  public static Pipeline ofFilters(List<LabelFilter> filters) {
    List<Step> steps = new ArrayList<>();
    filters.forEach(filter -> steps.add(LabelFilters.compile(filter)));
    return new Pipeline(steps);
  }

  /** The labels that filters look at. */
  public static Set<String> names(List<LabelFilter> filters) {
    Set<String> names = new HashSet<>();
    filters.forEach(filter -> LabelFilters.names(filter, names));
    return names;
  }

  /** Whether the entry stays. */
  public boolean process(Entry entry) {
    for (Step step : steps) {
      if (!step.process(entry)) {
        return false;
      }
    }
    return true;
  }

  /** Whether it lets every entry pass as it is, as far as anybody looks at it. */
  public boolean isEmpty() {
    return steps.length == 0;
  }

  /** Whether a stage takes away only what nobody looks at, where no entry has failed yet. */
  private static boolean dropsNothing(Stage stage, Needed needed) {
    return stage instanceof Stage.Drop(List<Stage.Choice> choices)
        && choices.stream()
            .map(Stage.Choice::label)
            .noneMatch(
                name ->
                    !name.equals(EntryLabels.ERROR)
                        && !name.equals(EntryLabels.ERROR_DETAILS)
                        && needed.has(name));
  }

  /** Whether a stage may mark an entry as failed. */
  private static boolean mayFail(Stage stage) {
    return switch (stage) {
      case Stage.Json _,
          Stage.Logfmt _,
          Stage.Unpack _,
          Stage.Filter _,
          Stage.LineFormat _,
          Stage.LabelFormat _ ->
          true;
      case Stage.LineFilter _,
          Stage.Regexp _,
          Stage.Pattern _,
          Stage.Decolorize _,
          Stage.Drop _,
          Stage.Keep _ ->
          false;
    };
  }

  /** Cheap line filters move before stages that leave the line as it is. */
  static List<Stage> filtersFirst(List<Stage> stages) {
    List<Stage> ordered = new ArrayList<>(stages.size());
    for (Stage stage : stages) {
      int at = ordered.size();
      if (stage instanceof Stage.LineFilter) {
        while (at > 0 && keepsLine(ordered.get(at - 1))) {
          at--;
        }
      }
      ordered.add(at, stage);
    }
    return ordered;
  }

  private static boolean keepsLine(Stage stage) {
    return switch (stage) {
      case Stage.Json _,
          Stage.Logfmt _,
          Stage.Regexp _,
          Stage.Pattern _,
          Stage.LabelFormat _,
          Stage.Drop _,
          Stage.Keep _ ->
          true;
      case Stage.LineFilter _,
          Stage.Unpack _,
          Stage.Filter _,
          Stage.LineFormat _,
          Stage.Decolorize _ ->
          false;
    };
  }

  private static boolean parses(Stage stage) {
    return stage instanceof Stage.Json
        || stage instanceof Stage.Logfmt
        || stage instanceof Stage.Regexp
        || stage instanceof Stage.Pattern;
  }

  private static Step step(Stage stage, Needed needed) {
    return switch (stage) {
      case Stage.LineFilter filter -> new LineFilterStep(filter);
      case Stage.Json json ->
          json.extractions().isEmpty()
              ? new JsonStep(needed)
              : new JsonExtractionStep(json, needed);
      case Stage.Logfmt logfmt -> new LogfmtStep(logfmt, needed);
      case Stage.Regexp(String pattern) -> CaptureSteps.regexp(pattern, needed);
      case Stage.Pattern(String pattern) -> CaptureSteps.pattern(pattern, needed);
      case Stage.Unpack _ -> new UnpackStep(needed);
      case Stage.Filter(LabelFilter filter) -> LabelFilters.compile(filter);
      case Stage.LineFormat(String template) -> FormatSteps.line(template);
      case Stage.LabelFormat format -> FormatSteps.labels(format);
      case Stage.Decolorize _ -> CaptureSteps::decolorize;
      case Stage.Drop(List<Stage.Choice> choices) -> FormatSteps.drop(choices);
      case Stage.Keep(List<Stage.Choice> choices) -> FormatSteps.keep(choices);
    };
  }

  private static Set<String> names(Stage stage) {
    Set<String> names = new HashSet<>();
    switch (stage) {
      case Stage.Filter(LabelFilter filter) -> LabelFilters.names(filter, names);
      case Stage.LineFormat(String template) ->
          names.addAll(Template.parse("line", template).fields());
      case Stage.LabelFormat format -> {
        for (Stage.Assignment assignment : format.assignments()) {
          if (assignment.template()) {
            names.addAll(Template.parse("label", assignment.source()).fields());
          } else {
            names.add(assignment.source());
          }
        }
      }
      case Stage.Drop(List<Stage.Choice> choices) -> matched(choices, names);
      case Stage.Keep(List<Stage.Choice> choices) -> matched(choices, names);
      case Stage.LineFilter _,
          Stage.Json _,
          Stage.Logfmt _,
          Stage.Regexp _,
          Stage.Pattern _,
          Stage.Unpack _,
          Stage.Decolorize _ -> {}
    }
    return names;
  }

  private static void matched(List<Stage.Choice> choices, Set<String> names) {
    for (Stage.Choice choice : choices) {
      if (choice.matcher() != null) {
        names.add(choice.label());
      }
    }
  }

  private static boolean readsAll(Stage stage) {
    return switch (stage) {
      case Stage.LineFormat(String template) -> Template.parse("line", template).readsAll();
      case Stage.LabelFormat format ->
          format.assignments().stream()
              .anyMatch(a -> a.template() && Template.parse("label", a.source()).readsAll());
      case Stage.LineFilter _,
          Stage.Json _,
          Stage.Logfmt _,
          Stage.Regexp _,
          Stage.Pattern _,
          Stage.Unpack _,
          Stage.Filter _,
          Stage.Decolorize _,
          Stage.Drop _,
          Stage.Keep _ ->
          false;
    };
  }
}
