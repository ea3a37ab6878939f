/**
 * Regular expressions in RE2's syntax, in linear time and bounded memory, over texts, bytes and
 * sorted dictionaries.
 */
@NullMarked
package io.trilith.regex;

import org.jspecify.annotations.NullMarked;
