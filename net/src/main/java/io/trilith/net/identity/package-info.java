/** Who asks, what they may do, and what is written down of it. */
@NullMarked
package io.trilith.net.identity;

import org.jspecify.annotations.NullMarked;
