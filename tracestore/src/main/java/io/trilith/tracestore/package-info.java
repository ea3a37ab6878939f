@NullMarked
package io.trilith.tracestore;

import org.jspecify.annotations.NullMarked;
