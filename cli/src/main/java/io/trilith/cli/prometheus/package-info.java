/** Reads what Prometheus writes: blocks of its TSDB, and OpenMetrics text. */
@NullMarked
package io.trilith.cli.prometheus;

import org.jspecify.annotations.NullMarked;
