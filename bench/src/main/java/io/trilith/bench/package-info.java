@NullMarked
package io.trilith.bench;

import org.jspecify.annotations.NullMarked;
