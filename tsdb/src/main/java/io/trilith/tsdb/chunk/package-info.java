@NullMarked
package io.trilith.tsdb.chunk;

import org.jspecify.annotations.NullMarked;
