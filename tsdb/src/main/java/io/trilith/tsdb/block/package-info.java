@NullMarked
package io.trilith.tsdb.block;

import org.jspecify.annotations.NullMarked;
