@NullMarked
package io.trilith.tracestore.block;

import org.jspecify.annotations.NullMarked;
