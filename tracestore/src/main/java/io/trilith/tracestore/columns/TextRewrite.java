package io.trilith.tracestore.columns;

import io.trilith.tracestore.AttributeValue;
import io.trilith.tracestore.Attributes;
import io.trilith.tracestore.Span;
import org.jspecify.annotations.Nullable;

/** Says what is to stand instead of texts of spans. Confined to one thread. */
public interface TextRewrite {
  /** What a text is. */
  enum Role {
    NAME,
    MESSAGE,
    STATE,
    ATTRIBUTE,
    EVENT
  }

  /** Whether a text may be rewritten, whatever it is: asked of each distinct one, so cheap. */
  boolean mayChange(byte[] text, int from, int to);

  /** The same of a number that is an attribute. */
  boolean mayChange(long number);

  /** Says whose texts come next; true when other answers than before may be given from here on. */
  boolean owner(Span.Resource resource);

  /** The bytes instead of {@code from <= i < to}, null when they stay. */
  byte @Nullable [] text(Role role, byte[] utf8, int from, int to);

  /** The text instead of a number, null when it stays. */
  byte @Nullable [] number(Role role, long value);

  /** The value instead of one, null when it stays. */
  @Nullable AttributeValue value(Role role, AttributeValue value);

  /** The attributes instead of some, null when they stay. */
  @Nullable Attributes attributes(Role role, Attributes attributes);
}
