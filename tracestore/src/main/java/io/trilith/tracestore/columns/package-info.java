/** Spans in columns in memory: batches on their way, and heads. */
@NullMarked
package io.trilith.tracestore.columns;

import org.jspecify.annotations.NullMarked;
