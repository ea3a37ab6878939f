@NullMarked
package io.trilith.ingest.limit;

import org.jspecify.annotations.NullMarked;
