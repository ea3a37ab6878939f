package io.trilith.logql.pipeline;

import io.trilith.engine.template.Template;
import io.trilith.engine.template.TemplateException;
import io.trilith.logql.ast.Stage;
import io.trilith.storage.model.Matcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The stages that rewrite the line and the labels. */
final class FormatSteps {
  private static final String ERROR = "TemplateFormatErr";

  private FormatSteps() {}

  static Step line(String text) {
    Template template = Template.parse("line", text);
    return entry -> {
      try {
        entry.replaceLine(template.execute(entry.labels().snapshot(), entry.text(), entry.time()));
      } catch (TemplateException e) {
        entry.labels().fail(ERROR, e.getMessage());
      }
      return true;
    };
  }

  private record Target(String label, String source, @Nullable Template template) {}

  static Step labels(Stage.LabelFormat stage) {
    List<Target> targets = new ArrayList<>();
    for (Stage.Assignment assignment : stage.assignments()) {
      Template template =
          assignment.template() ? Template.parse("label", assignment.source()) : null;
      targets.add(new Target(assignment.label(), assignment.source(), template));
    }
    return entry -> {
      EntryLabels labels = entry.labels();
      Map<String, String> seen = null;
      for (Target target : targets) {
        if (target.template() == null) {
          labels.rename(target.source(), target.label());
          continue;
        }
        seen = seen == null ? labels.snapshot() : seen;
        try {
          labels.set(target.label(), target.template().execute(seen, entry.text(), entry.time()));
        } catch (TemplateException e) {
          labels.fail(ERROR, e.getMessage());
        }
      }
      return true;
    };
  }

  static Step drop(List<Stage.Choice> choices) {
    return entry -> {
      EntryLabels labels = entry.labels();
      for (Stage.Choice choice : choices) {
        Matcher matcher = choice.matcher();
        if (matcher == null || matcher.matches(labels.valueOrEmpty(choice.label()))) {
          labels.remove(choice.label());
        }
      }
      return true;
    };
  }

  static Step keep(List<Stage.Choice> choices) {
    Map<String, List<Stage.Choice>> byName = new HashMap<>();
    for (Stage.Choice choice : choices) {
      byName.computeIfAbsent(choice.label(), _ -> new ArrayList<>()).add(choice);
    }
    return entry -> {
      entry.labels().retain((name, value) -> kept(byName.get(name), value));
      return true;
    };
  }

  private static boolean kept(@Nullable List<Stage.Choice> choices, String value) {
    if (choices == null) {
      return false;
    }
    for (Stage.Choice choice : choices) {
      Matcher matcher = choice.matcher();
      if (matcher == null || matcher.matches(value)) {
        return true;
      }
    }
    return false;
  }
}
