@NullMarked
package io.trilith.logstore.block;

import org.jspecify.annotations.NullMarked;
