@NullMarked
package io.trilith.net;

import org.jspecify.annotations.NullMarked;
