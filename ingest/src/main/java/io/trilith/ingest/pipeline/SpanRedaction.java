package io.trilith.ingest.pipeline;

import io.trilith.config.PipelineFile.Place;
import io.trilith.storage.model.Labels;
import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import io.trilith.tracestore.columns.SpanBatch;
import io.trilith.tracestore.columns.SpanColumns;
import io.trilith.tracestore.columns.TextRewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Redacts spans in every place where a text can stand: names, messages, states, attributes of any
 * depth of spans, events, links, scopes and resources. A batch in which nothing is found goes on as
 * it is. Confined to one batch.
 */
final class SpanRedaction implements TextRewrite {
  private final Redaction redaction;
  private long rules;

  SpanRedaction(Redaction redaction) {
    this.redaction = redaction;
  }

  /** The spans as they are to be stored. */
  SpanBatch apply(SpanBatch batch) {
    SpanColumns rewritten = batch.columns().rewritten(this);
    return rewritten == null ? batch : new SpanBatch(rewritten);
  }

  @Override
  public boolean mayChange(byte[] text, int from, int to) {
    return redaction.mayFind(text, from, to);
  }

  @Override
  public boolean mayChange(long number) {
    return redaction.isFound(number);
  }

  /** As labels of streams have them: dots are underscores. */
  @Override
  public boolean owner(Span.Resource resource) {
    long before = rules;
    Map<String, String> labels = new TreeMap<>();
    Attributes attributes = resource.attributes();
    for (int i = 0; i < attributes.size(); i++) {
      if (attributes.value(i) instanceof AttributeValue.Text(String value)) {
        labels.put(attributes.key(i).replace('.', '_'), value);
      }
    }
    rules = redaction.rules(Labels.of(labels));
    return rules != before;
  }

  private static Place place(Role role) {
    return switch (role) {
      case NAME -> Place.SPAN_NAME;
      case MESSAGE -> Place.STATUS_MESSAGE;
      case STATE -> Place.TRACESTATE;
      case ATTRIBUTE -> Place.ATTRIBUTES;
      case EVENT -> Place.EVENTS;
    };
  }

  @Override
  public byte @Nullable [] text(Role role, byte[] utf8, int from, int to) {
    return redaction.apply(place(role), rules, utf8, from, to);
  }

  @Override
  public byte @Nullable [] number(Role role, long value) {
    return redaction.apply(place(role), rules, value);
  }

  @Override
  public @Nullable AttributeValue value(Role role, AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text(String text) -> {
        String next = redaction.apply(place(role), rules, text);
        yield next.equals(text) ? null : new AttributeValue.Text(next);
      }
      case AttributeValue.Int(long number) -> {
        byte[] next = number(role, number);
        yield next == null ? null : new AttributeValue.Text(LabelText.text(next));
      }
      case AttributeValue.Items(List<AttributeValue> values) -> {
        List<AttributeValue> all = new ArrayList<>(values);
        boolean changed = false;
        for (int i = 0; i < all.size(); i++) {
          AttributeValue next = value(role, all.get(i));
          changed |= next != null;
          all.set(i, next == null ? all.get(i) : next);
        }
        yield changed ? new AttributeValue.Items(all) : null;
      }
      case AttributeValue.Entries(Attributes entries) -> {
        Attributes next = attributes(role, entries);
        yield next == null ? null : new AttributeValue.Entries(next);
      }
      case AttributeValue.Bytes _,
          AttributeValue.Bool _,
          AttributeValue.Real _,
          AttributeValue.Empty _ ->
          null;
    };
  }

  @Override
  public @Nullable Attributes attributes(Role role, Attributes attributes) {
    String[] keys = new String[attributes.size()];
    AttributeValue[] values = new AttributeValue[attributes.size()];
    boolean changed = false;
    for (int i = 0; i < keys.length; i++) {
      keys[i] = redaction.apply(place(role), rules, attributes.key(i));
      AttributeValue before = attributes.value(i);
      AttributeValue next = value(role, before);
      values[i] = next == null ? before : next;
      changed |= next != null || !keys[i].equals(attributes.key(i));
    }
    return changed ? Attributes.of(keys, values) : null;
  }
}
