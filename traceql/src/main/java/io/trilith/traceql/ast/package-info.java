/** The tree of a TraceQL text, its types and its printer. */
@NullMarked
package io.trilith.traceql.ast;

import org.jspecify.annotations.NullMarked;
