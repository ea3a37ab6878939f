@NullMarked
package io.trilith.traceql.metrics;

import org.jspecify.annotations.NullMarked;
