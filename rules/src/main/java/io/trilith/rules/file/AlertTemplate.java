package io.trilith.rules.file;

import io.trilith.engine.template.Arguments;
import io.trilith.engine.template.FunctionTable;
import io.trilith.engine.template.Struct;
import io.trilith.engine.template.Template;
import io.trilith.engine.template.TemplateException;
import io.trilith.engine.template.TemplateFunction;
import io.trilith.engine.template.TextMap;
import io.trilith.promql.histogram.FloatHistogram;
import io.trilith.rules.RuleSample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The template of a label or an annotation. Immutable, thread-safe. */
public final class AlertTemplate {
  /** What stands before each, as in Prometheus: columns in messages count it. */
  private static final String PREFIX =
      "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}"
          + "{{$externalURL := .ExternalURL}}{{$value := .Value}}";

  private final String name;
  private final String text;
  private final @Nullable Template template;

  /** What all templates of a tick may ask for. */
  public interface Surroundings {
    Map<String, String> externalLabels();

    String externalUrl();

    /** The tick, milliseconds since 1970. */
    long tick();

    /** The result of a query at the tick; throws RuntimeException. */
    List<RuleSample> query(String expr) throws InterruptedException;
  }

  private AlertTemplate(String name, String text, @Nullable Template template) {
    this.name = name;
    this.text = text;
    this.template = template;
  }

  /** Throws when it is no template. */
  public static void check(String alert, String text) throws TemplateException {
    Template _ = parse(alert, text);
  }

  /** The labels that a template reads as {@code $labels.name}; none when it is no template. */
  public static Set<String> labelsOf(String alert, String text) {
    if (!text.contains("{{")) {
      return Set.of();
    }
    try {
      return new TreeSet<>(parse(alert, text).fieldsOf("$labels"));
    } catch (TemplateException e) {
      return Set.of();
    }
  }

  private static Template parse(String alert, String text) throws TemplateException {
    return Template.parse("__alert_" + alert, PREFIX + text, FunctionTable.ALERTS);
  }

  /** One that was checked. */
  public static AlertTemplate of(String alert, String text) {
    if (!text.contains("{{")) {
      return new AlertTemplate(alert, text, null);
    }
    try {
      return new AlertTemplate(alert, text, parse(alert, text));
    } catch (TemplateException e) {
      return new AlertTemplate(alert, failed(alert, e), null);
    }
  }

  private static String failed(String alert, TemplateException e) {
    return "<error expanding template: error executing template __alert_"
        + alert
        + ": "
        + e.getMessage()
        + ">";
  }

  /** The text for a series and its value; a failure is a text too, that tells it. */
  public String expand(Map<String, String> labels, RuleSample sample, Surroundings around) {
    if (template == null) {
      return text;
    }
    LinkedHashMap<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("Labels", new TextMap(labels));
    members.put("ExternalLabels", new TextMap(around.externalLabels()));
    members.put("ExternalURL", around.externalUrl());
    members.put("Value", value(sample));
    try {
      return template.execute(
          new Struct("template.AlertTemplateData", members), function -> local(function, around));
    } catch (TemplateException e) {
      return failed(name, e);
    }
  }

  private static Object value(RuleSample sample) {
    FloatHistogram histogram = sample.histogram();
    return histogram == null ? sample.value() : histogram.toString();
  }

  private static @Nullable TemplateFunction local(String function, Surroundings around) {
    return switch (function) {
      case "query" -> arguments -> query(arguments, around);
      case "externalURL" -> _ -> around.externalUrl();
      case "pathPrefix" -> _ -> path(around.externalUrl());
      case "now" -> _ -> around.tick() / 1000.0;
      default -> null;
    };
  }

  private static String path(String url) {
    int authority = url.indexOf("://");
    int slash = authority < 0 ? -1 : url.indexOf('/', authority + 3);
    return slash < 0 ? "" : url.substring(slash);
  }

  private static List<Object> query(Arguments arguments, Surroundings around)
      throws TemplateException {
    List<Object> samples = new ArrayList<>();
    try {
      for (RuleSample sample : around.query(arguments.text(0))) {
        LinkedHashMap<String, @Nullable Object> members = new LinkedHashMap<>();
        members.put("Labels", new TextMap(sample.labels().toMap()));
        members.put("Value", value(sample));
        samples.add(new Struct("*template.sample", members));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TemplateException("the server is stopping");
    } catch (RuntimeException e) {
      throw new TemplateException(String.valueOf(e.getMessage()));
    }
    return samples;
  }
}
