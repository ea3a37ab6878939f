@NullMarked
package io.trilith.ingest.traces;

import org.jspecify.annotations.NullMarked;
