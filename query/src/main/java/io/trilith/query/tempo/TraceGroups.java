package io.trilith.query.tempo;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Spans by resource and scope, as OTLP nests them. */
record TraceGroups(List<ResourceGroup> resources) {
  record ResourceGroup(Span.Resource resource, List<ScopeGroup> scopes) {}

  record ScopeGroup(Span.Scope scope, List<Span> spans) {}

  static TraceGroups of(List<Span> spans) {
    Map<Span.Resource, Map<Span.Scope, List<Span>>> groups = new LinkedHashMap<>();
    for (Span span : spans) {
      groups
          .computeIfAbsent(span.resource(), _ -> new LinkedHashMap<>())
          .computeIfAbsent(span.scope(), _ -> new ArrayList<>())
          .add(span);
    }
    List<ResourceGroup> resources = new ArrayList<>();
    groups.forEach(
        (resource, scopes) -> {
          List<ScopeGroup> scopeGroups = new ArrayList<>();
          scopes.forEach((scope, members) -> scopeGroups.add(new ScopeGroup(scope, members)));
          resources.add(new ResourceGroup(named(resource), scopeGroups));
        });
    return new TraceGroups(resources);
  }

  /** Grafana drops the spans of a resource without attributes, which older receivers stored. */
  private static Span.Resource named(Span.Resource resource) {
    if (resource.attributes().size() > 0) {
      return resource;
    }
    Attributes name =
        Attributes.of(
            new String[] {"service.name"},
            new AttributeValue[] {new AttributeValue.Text("unknown_service")});
    return new Span.Resource(name, resource.droppedAttributes(), resource.schemaUrl());
  }
}
