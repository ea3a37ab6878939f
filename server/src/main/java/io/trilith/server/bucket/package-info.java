/** Verbs that work on the bucket itself, with or without a running server. */
@NullMarked
package io.trilith.server.bucket;

import org.jspecify.annotations.NullMarked;
