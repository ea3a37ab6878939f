@NullMarked
package io.trilith.promql.ast;

import org.jspecify.annotations.NullMarked;
