@NullMarked
package io.trilith.ingest.metrics;

import org.jspecify.annotations.NullMarked;
