@NullMarked
package io.trilith.query.prometheus.chunks;

import org.jspecify.annotations.NullMarked;
