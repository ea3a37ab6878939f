/** Metrics made of spans on their way to the store: span metrics and service graphs. */
@NullMarked
package io.trilith.ingest.generator;

import org.jspecify.annotations.NullMarked;
