@NullMarked
package io.trilith.promql.histogram;

import org.jspecify.annotations.NullMarked;
