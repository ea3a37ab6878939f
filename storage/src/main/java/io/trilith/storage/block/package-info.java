@NullMarked
package io.trilith.storage.block;

import org.jspecify.annotations.NullMarked;
