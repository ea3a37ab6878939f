@NullMarked
package io.trilith.traceql.parser;

import org.jspecify.annotations.NullMarked;
