@NullMarked
package io.trilith.storage.log;

import org.jspecify.annotations.NullMarked;
