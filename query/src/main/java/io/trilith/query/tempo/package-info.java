@NullMarked
package io.trilith.query.tempo;

import org.jspecify.annotations.NullMarked;
