@NullMarked
package io.trilith.storage.object;

import org.jspecify.annotations.NullMarked;
