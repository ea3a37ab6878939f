@NullMarked
package io.trilith.logql.pipeline;

import org.jspecify.annotations.NullMarked;
