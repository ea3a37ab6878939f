@NullMarked
package io.trilith.tsdb.merge;

import org.jspecify.annotations.NullMarked;
