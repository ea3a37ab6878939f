@NullMarked
package io.trilith.ingest.pipeline;

import org.jspecify.annotations.NullMarked;
