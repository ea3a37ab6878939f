package io.trilith.ingest.generator;

import io.trilith.storage.model.Labels;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tsdb.MetricMetadata;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** One series of 1 per resource, with its attributes as labels. Guarded by the tenant's lock. */
final class TargetInfo {
  private static final String NAME = "traces_target_info";
  private static final List<String> IN_JOB =
      List.of("service.name", "service.namespace", "service.instance.id");

  private final LabelPlan plan;
  private final int labelsMax;
  private final ActiveSeries.Table<Labels, Series> table;

  /** Those of the batch at hand, whose spans share the objects of their resources. */
  private final Set<Span.Resource> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  private Span.Resource last = Span.Resource.NONE;

  TargetInfo(GeneratorRules rules, ActiveSeries active) {
    plan = LabelPlan.of(rules, List.of("job", "instance"), List.of(), List.of());
    labelsMax = rules.limits().labelsPerSeriesMax() - 1;
    table = active.table(1, now -> new Series(plan.overflow(), now));
  }

  static void describe(SampleWriter out) {
    out.metadata(NAME, MetricMetadata.Type.GAUGE, "Attributes of what sends spans.");
  }

  /** The service with its namespace, empty when it has no name. */
  static String job(Span.Resource resource) {
    String name = Texts.find(resource.attributes(), "service.name");
    String namespace = Texts.find(resource.attributes(), "service.namespace");
    return name.isEmpty() || namespace.isEmpty() ? name : namespace + "/" + name;
  }

  static String instance(Span.Resource resource) {
    return Texts.find(resource.attributes(), "service.instance.id");
  }

  /** Spans of one resource come one after another, with the same object. */
  @SuppressWarnings("ReferenceEquality") // an equal one costs a look-up, no more
  void see(Span.Resource resource, long now) {
    if (resource == last) {
      return;
    }
    last = resource;
    if (!seen.add(resource)) {
      return;
    }
    Labels.Builder labels = plan.builder();
    Texts.set(labels, "job", job(resource), plan.valueMax());
    Texts.set(labels, "instance", instance(resource), plan.valueMax());
    int own = labels.build().size();
    int size = own;
    Attributes attributes = resource.attributes();
    for (int i = 0; i < attributes.size() && size < labelsMax; i++) {
      String name = Texts.labelName(attributes.key(i));
      String value = Texts.text(attributes.value(i));
      boolean taken = name.isEmpty() || labels.get(name) != null;
      if (!taken && !value.isEmpty() && !IN_JOB.contains(attributes.key(i))) {
        Texts.set(labels, name, value, plan.valueMax());
        size++;
      }
    }
    if (size > own && labels.get("job") != null) {
      Labels key = labels.build();
      Series _ = table.get(key, now, at -> new Series(key, at));
    }
  }

  /** Forgets which resources it saw: in another batch they must be looked at again. */
  void endBatch() {
    seen.clear();
    last = Span.Resource.NONE;
  }

  private static final class Series extends SeriesGroup {
    private final byte[] key;

    Series(Labels labels, long now) {
      super(now);
      key = key(labels, NAME);
    }

    @Override
    void write(SampleWriter out) {
      out.gauge(key, 1);
    }

    @Override
    void end(SampleWriter out) {
      end(key, out);
    }
  }
}
