@NullMarked
package io.trilith.storage.index;

import org.jspecify.annotations.NullMarked;
