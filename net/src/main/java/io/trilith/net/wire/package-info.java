@NullMarked
package io.trilith.net.wire;

import org.jspecify.annotations.NullMarked;
