/**
 * Templates in the language of Go, for log lines and for the labels and annotations of alerts: text
 * in, text out, bounded.
 */
@NullMarked
package io.trilith.engine.template;

import org.jspecify.annotations.NullMarked;
