@NullMarked
package io.trilith.tracestore.head;

import org.jspecify.annotations.NullMarked;
