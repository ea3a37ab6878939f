@NullMarked
package io.trilith.logql.ast;

import org.jspecify.annotations.NullMarked;
