@NullMarked
package io.trilith.logstore.chunk;

import org.jspecify.annotations.NullMarked;
