@NullMarked
package io.trilith.query;

import org.jspecify.annotations.NullMarked;
