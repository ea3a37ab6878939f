@NullMarked
package io.trilith.storage.flush;

import org.jspecify.annotations.NullMarked;
