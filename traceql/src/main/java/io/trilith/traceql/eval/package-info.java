@NullMarked
package io.trilith.traceql.eval;

import org.jspecify.annotations.NullMarked;
