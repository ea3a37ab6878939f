package io.trilith.logstore;

import org.jspecify.annotations.Nullable;

/**
 * What several lines of a page have in common: a text with places where they differ, and the values
 * that stand there. Who knows what a parser makes of the text need not put the lines together. Rows
 * number the lines of the shape. Valid as long as the cursor that gave it stands on its page;
 * confined to the same thread.
 */
public interface LineShape {
  /** Classes of bytes, see {@link #classes}; stored in pages, so these numbers stay. */
  int DIGITS = 1;

  /** In lower case. */
  int LETTERS_A_TO_F = 2;

  /** Other letters, capital ones, underscores and bytes above 127. */
  int OTHER_WORD_BYTES = 4;

  int DOT = 8;
  int DASH = 16;
  int SPACE = 32;
  int SLASH = 64;

  /** All other bytes: quotes, brackets, control characters and so on. */
  int OTHER = 128;

  /** How many lines there are. */
  int rows();

  /** The text, with a zero byte for each place. Not to be changed. */
  byte[] text();

  /** The classes that the bytes of the values at a place, counted from 0, may be of. */
  int classes(int place);

  /**
   * Whether all values at a place, or more of them, pass a test. It must not tell one digit from
   * another: values that differ in nothing else may be tested once.
   */
  boolean all(int place, ValueTest test);

  /**
   * What stands in a line in the place of a part of the text; what is not UTF-8 became replacement
   * characters.
   */
  String part(int row, int from, int to);

  /** What {@link #remember} was given last by this owner, null at first. */
  @Nullable Object remembered(Object owner);

  /** Keeps something that its owner found out about the shape, as long as there is the shape. */
  void remember(Object owner, Object thing);

  /** Tests the bytes of a value. */
  @FunctionalInterface
  interface ValueTest {
    boolean test(byte[] bytes, int from, int to);
  }
}
