@NullMarked
package io.trilith.ingest.logs;

import org.jspecify.annotations.NullMarked;
