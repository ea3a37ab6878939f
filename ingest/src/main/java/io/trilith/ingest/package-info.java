@NullMarked
package io.trilith.ingest;

import org.jspecify.annotations.NullMarked;
