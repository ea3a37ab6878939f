@NullMarked
package io.trilith.tsdb.index;

import org.jspecify.annotations.NullMarked;
