@NullMarked
package io.trilith.tsdb.head;

import org.jspecify.annotations.NullMarked;
