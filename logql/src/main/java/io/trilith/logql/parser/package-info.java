@NullMarked
package io.trilith.logql.parser;

import org.jspecify.annotations.NullMarked;
