@NullMarked
package io.trilith.promql.parser;

import org.jspecify.annotations.NullMarked;
