@NullMarked
package io.trilith.engine;

import org.jspecify.annotations.NullMarked;
