@NullMarked
package io.trilith.tracestore.chunk;

import org.jspecify.annotations.NullMarked;
