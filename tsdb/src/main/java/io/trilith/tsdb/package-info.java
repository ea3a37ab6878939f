@NullMarked
package io.trilith.tsdb;

import org.jspecify.annotations.NullMarked;
