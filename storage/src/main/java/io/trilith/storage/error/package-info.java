@NullMarked
package io.trilith.storage.error;

import org.jspecify.annotations.NullMarked;
