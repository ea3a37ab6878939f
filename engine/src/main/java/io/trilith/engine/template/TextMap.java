package io.trilith.engine.template;

import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Texts by name, such as labels, in which a missing one is an empty text. A view. */
public final class TextMap extends AbstractMap<String, String> {
  private final Map<String, String> texts;

  public TextMap(Map<String, String> texts) {
    this.texts = texts;
  }

  @Override
  public Set<Entry<String, String>> entrySet() {
    return texts.entrySet();
  }

  @Override
  public @Nullable String get(@Nullable Object key) {
    return texts.get(key);
  }

  /** The text of a name, empty when there is none. */
  String text(String name) {
    String text = texts.get(name);
    return text == null ? "" : text;
  }
}
