/** Options that verbs share, and how times are written. */
@NullMarked
package io.trilith.cli.options;

import org.jspecify.annotations.NullMarked;
