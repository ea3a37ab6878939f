@NullMarked
package io.trilith.traceql;

import org.jspecify.annotations.NullMarked;
