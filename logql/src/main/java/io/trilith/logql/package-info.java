@NullMarked
package io.trilith.logql;

import org.jspecify.annotations.NullMarked;
