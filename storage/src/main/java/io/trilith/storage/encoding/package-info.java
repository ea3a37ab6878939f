@NullMarked
package io.trilith.storage.encoding;

import org.jspecify.annotations.NullMarked;
