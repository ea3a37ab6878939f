@NullMarked
package io.trilith.compactor;

import org.jspecify.annotations.NullMarked;
