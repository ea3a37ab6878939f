@NullMarked
package io.trilith.promql;

import org.jspecify.annotations.NullMarked;
