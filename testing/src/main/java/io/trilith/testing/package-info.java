@NullMarked
package io.trilith.testing;

import org.jspecify.annotations.NullMarked;
