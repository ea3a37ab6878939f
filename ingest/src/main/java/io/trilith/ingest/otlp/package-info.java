@NullMarked
package io.trilith.ingest.otlp;

import org.jspecify.annotations.NullMarked;
