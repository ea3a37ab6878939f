@NullMarked
package io.trilith.ingest.wire;

import org.jspecify.annotations.NullMarked;
